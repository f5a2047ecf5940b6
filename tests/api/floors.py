"""The least risk of every operation of the vendors, spelt out name by name.

A second statement beside the rules and exceptions that the catalog is made from: an operation that is missing
here, or that they rate otherwise, fails until somebody has looked. In doubt the stronger risk.
"""

from __future__ import annotations

from collections.abc import Mapping

from egoi_mcp.api.catalog import Api
from egoi_mcp.api.risk import Risk

# Of Intercom everything but the GETs that only look and stand in no catalog.
_NAMES: Mapping[Api, Mapping[Risk, str]] = {
    "egoi": {
        Risk.READ: """
            getAllAutomations getAllActions getAllCampaignGroups getAllCampaigns getAllCatalogs
            getAllProducts getProduct getAllCNames getAllConnectedSites getConnectedSites searchContacts
            getAllLists getList getAllContacts getAllContactsBySegment getContact getAllContactActivities
            getAllFields getAllFieldOptions getAllSegments getMyAccount getAllOperations ping getPushApps
            getPushApp getAllAdvancedReports getAllAdvancedReportsModels getEmailReport getPushReport
            getSMSReport getVoiceReport getWebPushReport getAllCellphoneSenders getAllEmailSenders
            getAllPhoneSenders getAllSuppressionList getAllTags getAllDomains getAllGoals getAllUsers
            getAllCountries getAllWebhooks getAllWebPushSites
        """,
        Risk.WRITE: """
            createCampaignGroup updateCampaignGroup createEmailCampaign createEmailRssCampaign
            patchEmailCampaign createPushCampaign patchPushCampaign createSmartSmsCampaign
            patchSmartSmsCampaign createSmsCampaign patchSmsCampaign createVoiceCampaign patchVoiceCampaign
            createWebPushCampaign patchWebPushCampaign createWebPushRssCampaign createCatalog createProduct
            ImportProducts updateProduct createConnectedSites createList updateList createContact
            actionAttachTag actionDetachTag actionUpdateContacts updateContactByField patchContact
            patchBaseField createExtraField patchExtraField createFieldOption updateFieldOption
            actionPauseOperation putEmailSender createTag updateTag createWebpushSite
        """,
        Risk.CONSENT: """
            actionActivateContacts actionImportBulk registerPushToken
        """,
        Risk.DISCLOSE: """
            createCName actionExportContacts generateContactActivityReport generateEmailBouncesReport
            generateEmailClicksByContactReport generateEmailClicksByUrlReport generateEmailEventsReport
            generateEmailUnsubscriptionsReport generateFormAnswersReport generateByModelReport
            generateSendsReport generateSmsBouncesReport generateSmsEventsReport generateSubscriptionsReport
            generateUnsubscriptionsReport createWebhook
        """,
        Risk.SEND: """
            actionEnableEmailRss actionSendEmail actionSendPush actionSendSmartSms actionSendSms
            actionSendVoice actionSendWebPush actionEnableWebPushRss actionStartAutomation ImportOrdersBulk
            enableTe enableTransactional actionApproveOperation actionResumeOperation registerPushEvent
            createCellphoneSender createEmailSender createPhoneSender createCart CreateOrder
        """,
        Risk.DESTROY: """
            deleteAutomation deleteCampaignGroup deleteCampaigns deleteCatalog deleteProduct
            deleteConnectedSites deleteList actionDeactivateContacts actionForgetContacts
            actionUnsubscribeContact deleteExtraField deleteFieldOption deleteSegment actionCancelOperation
            deleteCellphoneSender deleteEmailSender deletePhoneSender createSuppressionList
            deleteSuppressionList deleteTag deleteUser deleteWebhook
        """,
    },
    "transactional": {
        Risk.READ: """
            listMultiChannel1 listMultiChannel listApps listApp listDomains listDefaultDomain listDomain
            validateDomain listAllEmailMessages listSingleEmailMessage produceEmailReport getEmailSenders
            listGroups listMultiChannels listMultiChannel2 pingApi listPushTemplates listPushTemplate
            redocStyleDoc listAllSmsMessages listSingleSmsMessage produceSmsReport getSmsSenders
            smsLengthCalculator validatePhone getVerify listWebHooks
        """,
        Risk.WRITE: """
            createAlertTemplate addApp changeDefaultDomain emailValidator createMultiChannelFlow
            addPushTemplate updatePushTemplate validateVerifyCode
        """,
        Risk.DISCLOSE: """
            addDomain htmlToPdf addWebHook
        """,
        Risk.SEND: """
            executeEmailAlert changeAlertTemplate sendEmailMessages executeMultiChannel sendPushMessages
            sendSmsMessages sendSmsMessagesSingle requestVerify resendVerify
        """,
        Risk.DESTROY: """
            stopAlert removeAlertTemplate deleteApp updateApp cancelScheduledMessage removeMultiChannel
            deletePushTemplate cancelVerify removeWebHook
        """,
    },
    "txtsync": {
        Risk.READ: """
            SearchContact GetContactByExternalReference
        """,
        Risk.WRITE: """
            AddContact UpdateContactByExternalReference UpdateContact
        """,
        Risk.DISCLOSE: """
            InboundSMS OutboundSMS
        """,
        Risk.SEND: """
            SendSMS SendBulkSMS
        """,
        Risk.DESTROY: """
            DeleteContactByExternalReference DeleteContact DeleteTrigger
        """,
    },
    "intercom": {
        Risk.READ: """
            searchActivityLogs listCallsWithTranscripts listAllCompanies SearchContacts
            searchConversations searchTickets ListAttachedContacts ListAttachedSegmentsForCompanies
            ListContactMergeHistory ListContacts RetrieveACompanyById RetrieveWhatsAppMessageStatus
            ShowContact ShowContactByExternalId findTag getConversationAttribute getTeamMetrics
            getTicket getTicketType getWhatsAppMessageStatus identifyAdmin jobsStatus
            lisDataAttributes lisDataEvents listActivityLogEventTypes listActivityLogs listAdmins
            listAwayStatusReasons listCompaniesForAContact listCompanyNotes listContactBanners
            listConversationAttributes listConversations listDeletedConversationIds listHandlingEvents
            listNotes listSegments listSegmentsForAContact listSideConversations listSubscriptionTypes
            listSubscriptionsForAContact listTags listTagsForAContact listTeams listTicketStates
            listTicketTypes retrieveAdmin retrieveCompany retrieveConversation retrieveNote
            retrieveSegment retrieveTeam scrollOverAllCompanies
        """,
        Risk.WRITE: """
            setAwayAdmin createContentImportSource updateContentImportSource createExternalPage
            updateExternalPage createArticle attachTagToArticle stageArticleDraft createAudience
            updateAudience createOrUpdateCompany UpdateCompany createCompanyNote CreateContact UpdateContact
            attachContactToACompany createNote attachTagToContact createContentSnippet
            attachTagToContentSnippet updateContentSnippet createConversationAttribute
            updateConversationAttribute createConversationAttributeOption updateConversationAttributeOption
            updateConversation attachTagToConversation createCustomObjectInstances createDataAttribute
            updateDataAttribute submitFinCsat createCollection createHelpCenterRedirect
            createInternalArticle updateInternalArticle attachTagToInternalArticle createNewsItem
            createOfficeHoursSchedule updateOfficeHoursSchedule createOfficeHoursException
            updateOfficeHoursException createTag createTicketType updateTicketType createTicketTypeAttribute
            updateTicketTypeAttribute linkConversationToTicket attachTagToTicket updateVisitor
        """,
        Risk.CONSENT: """
            attachSubscriptionTypeToContact UnarchiveContact
        """,
        Risk.DISCLOSE: """
            createDataConnector updateDataConnector downloadDataExport
            get:/download/reporting_data/{job_identifier} createDataExport
            post:/export/reporting_data/enqueue
        """,
        Risk.SEND: """
            updateArticle publishArticleDraft createConversation convertConversationToTicket
            attachContactToConversation manageConversation replyConversation createDataEvent
            dataEventSummaries replyToFin startFinConversation registerFinVoiceCall updateCollection
            createMessage updateNewsItem createPhoneSwitch createTicket enqueueCreateTicket updateTicket
            changeTicketType replyTicket
        """,
        Risk.DESTROY: """
            deleteContentImportSource deleteExternalPage deleteArticle detachTagFromArticle deleteAudience
            deleteCompany MergeContact DeleteContact ArchiveContact BlockContact detachContactFromACompany
            detachSubscriptionTypeToContact detachTagFromContact dismissContactBanner bulkContentActions
            detachTagFromContentSnippet deleteContentSnippet deleteConversationAttribute
            deleteConversationAttributeOption redactConversation deleteConversation
            detachContactFromConversation detachTagFromConversation mergeConversation
            deleteCustomObjectInstancesById deleteCustomObjectInstancesByExternalId deleteDataConnector
            cancelDataExport deleteCollection deleteHelpCenterRedirect deleteInternalArticle
            detachTagFromInternalArticle updateIpAllowlist deleteNewsItem deleteOfficeHoursSchedule
            deleteOfficeHoursException deleteTag deleteTicket unlinkConversationFromTicket
            detachTagFromTicket convertVisitor
        """,
    },
}

FLOORS: Mapping[Api, Mapping[str, Risk]] = {
    api: {name: risk for risk, names in by_risk.items() for name in names.split()}
    for api, by_risk in _NAMES.items()
}
