"""What each vendor lets a caller write of a contact, checked and put into its form; nothing here reads."""
