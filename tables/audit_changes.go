package tables

import "github.com/apiwatch/apiwatch/collectors/event"

func auditChanges(d *Data) *Table {
	get := detailOf[event.AuditChange]
	return eventView{
		Name: "audit_changes",
		Description: "Changes of auditing itself: rules added and removed, auditing switched on and off, its settings, auditd started and " +
			"ended. Which process did it is told by kernels from 5.3 on, and only where calls are audited; else its login alone (auid, " +
			"session).",
		Kinds: []event.Kind{event.KindAuditChange},
		Examples: []string{
			"SELECT time, auid, path, action, rule_key, rule_list FROM audit_changes WHERE action = 'remove_rule'",
			"SELECT time, auid, old_value FROM audit_changes WHERE setting = 'audit_enabled' AND value = '0'",
		},
		Columns: []column[ev]{
			text("action", "add_rule, remove_rule, updated_rules, set, set_feature, trim, make_equiv, tty_set; daemon_start, daemon_end, "+
				"daemon_abort, daemon_config, daemon_resume, daemon_error, daemon_replace; listener_connect, listener_disconnect. What no record "+
				"of the kernel's tells, from apiwatch itself (provider apiwatch): lost (records, by setting), flooded (a kind of event, by setting), "+
				"withdrawn (a rule of ours, by "+
				"setting), removed (rules of ours), hidden (rules of "+
				"others that hide something, by setting), killed (an earlier run of ours, by its pid).",
				func(e ev) string { return get(e).Action }),
			text("rule_list", "The list that the rule is on, as auditctl calls it: exit, task, user, exclude, filesystem, io_uring. What the rule "+
				"says, such as never, the kernel does not record.", func(e ev) string {
				if d, ok := e.Detail.(*event.AuditChange); ok {
					return d.ListName()
				}
				return ""
			}),
			text("rule_key", "The rule's key.", func(e ev) string { return get(e).Key }),
			text("rule_path", "The file or folder that the rule watches.", func(e ev) string { return e.Path }),
			text("setting", "What was set, such as audit_enabled, audit_pid, audit_backlog_limit.", func(e ev) string { return get(e).Setting }),
			text("value", "To what; of auditd's own doing what brought it about.", func(e ev) string { return get(e).Value }),
			text("old_value", "What it was before.", func(e ev) string { return get(e).Old }),
		},
	}.table(d)
}
