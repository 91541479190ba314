package tables

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func logons(d *Data) *Table {
	get := detailOf[event.Logon]
	return eventView{
		Name: "logons",
		Description: "Logon sessions begun, refused and ended, credentials used and Kerberos tickets asked for. " +
			"The shared columns are of who asked: the subject.",
		Component: "DC0067 Logon Session Creation, DC0002 User Account Authentication, DC0088 Logon Session Metadata",
		Kinds:     []event.Kind{event.KindLogon},
		Examples: []string{
			"SELECT time, logon_user, logon_type_name, source_address, workstation FROM logons WHERE action = 'logon' AND logon_type = 3",
			"SELECT logon_user, source_address, count(*) AS failures FROM logons WHERE action = 'failure' GROUP BY logon_user, source_address",
		},
		Columns: []column[ev]{
			text("action", "logon, failure, logoff, explicit_credentials, privileges, groups, special_groups, ticket, service_ticket, "+
				"renewed_ticket, validation, lock, unlock, screen_saver_on, screen_saver_off; "+
				"of Remote Desktop and terminal sessions also session_logon, shell_start, session_logoff, disconnect, reconnect, "+
				"and remote_authentication.", func(e ev) string { return get(e).Action }),
			integer("logon_type", "Windows logon type: 2 interactive, 3 network, 9 new credentials, 10 remote interactive, …; 0 if unknown.",
				func(e ev) int64 { return int64(get(e).Type) }),
			text("logon_type_name", "Its name.", func(e ev) string { return logonTypeName(get(e)) }),
			text("logon_user", "Who logged on, DOMAIN\\name.", func(e ev) string { return get(e).User }),
			text("logon_user_sid", "Security identifier of logon_user.", func(e ev) string { return get(e).UserSID }),
			text("new_logon_id", "The session concerned, in hexadecimal.", func(e ev) string { return logonID(get(e).LogonID) }),
			text("linked_logon_id", "Its other half under User Account Control.", func(e ev) string { return logonID(get(e).LinkedLogonID) }),
			text("source_address", "Where the request came from.", func(e ev) string { return get(e).SourceAddress }),
			integer("source_port", "And its port.", func(e ev) int64 { return int64(get(e).SourcePort) }),
			text("workstation", "Name of the machine asked from, as the client says.", func(e ev) string { return get(e).Workstation }),
			text("auth_package", "NTLM, Kerberos, Negotiate, ….", func(e ev) string { return get(e).Package }),
			text("logon_process", "The logon process, such as seclogo or NtLmSsp.", func(e ev) string { return get(e).LogonProcess }),
			integer("key_length", "Length of the NTLM session key in bits.", func(e ev) int64 { return int64(get(e).KeyLength) }),
			text("impersonation", "anonymous, identification, impersonation or delegation.", func(e ev) string { return get(e).Impersonation }),
			known("is_elevated", "1 if the session's token is elevated, NULL if unknown.",
				func(e ev) (int64, bool) { return b2i(get(e).Elevated), get(e).ElevatedKnown }),
			integer("is_restricted_admin", "1 for a remote session in restricted admin mode.",
				func(e ev) int64 { return b2i(get(e).RestrictedAdmin) }),
			text("privileges", "Privileges assigned, separated by spaces.", func(e ev) string { return get(e).Privileges }),
			text("groups", "Security identifiers of the groups that the session's token has, separated by spaces, "+
				"where action is groups or special_groups.", func(e ev) string { return get(e).Groups }),
			text("service", "Service of a ticket, or target of explicit credentials.", func(e ev) string { return get(e).Service }),
			text("ticket_encryption", "Encryption type of a ticket in hexadecimal, 0x17 is RC4.",
				func(e ev) string { return logonID(get(e).TicketEncryption) }),
			text("ticket_encryption_name", "Its name, such as RC4-HMAC.",
				func(e ev) string { return windows.EncryptionName(get(e).TicketEncryption) }),
			text("ticket_options", "Options of a ticket in hexadecimal.", func(e ev) string { return logonID(get(e).Options) }),
			text("ticket_options_names", "Their names, separated by |.", func(e ev) string { return windows.TicketOptionsText(get(e).Options) }),
			text("status", "Status code of a failure in hexadecimal.", func(e ev) string { return logonID(get(e).Status) }),
			text("status_name", "Its name, such as STATUS_LOGON_FAILURE or KDC_ERR_PREAUTH_FAILED.",
				func(e ev) string { return get(e).StatusName(get(e).Status) }),
			text("sub_status", "And its reason.", func(e ev) string { return logonID(get(e).SubStatus) }),
			text("sub_status_name", "The reason's name, such as STATUS_WRONG_PASSWORD.",
				func(e ev) string { return get(e).StatusName(get(e).SubStatus) }),
			text("failure_reason", "The reason in words, where the source has them.", func(e ev) string { return get(e).FailureReason }),
		},
	}.table(d)
}

func logonTypeName(l *event.Logon) string {
	if l.Type == 0 {
		return ""
	}
	return windows.LogonTypeText(l.Type)
}
