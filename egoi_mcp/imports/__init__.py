"""From a file or a list of rows to the batches of an import; nothing is sent from here."""
