package tables

import (
	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names"
)

func tokenChanges(d *Data) *Table {
	type side = func(*event.TokenChange) *event.Credentials
	before := func(t *event.TokenChange) *event.Credentials { return &t.Before }
	after := func(t *event.TokenChange) *event.Credentials { return &t.After }
	number := func(s side, get func(*event.Credentials) int64) func(ev) (int64, bool) {
		return func(e ev) (int64, bool) {
			if t, ok := e.Detail.(*event.TokenChange); ok {
				return id(get(s(t)))
			}
			return 0, false
		}
	}
	capability := func(s side, get func(*event.Credentials) uint64) func(ev) string {
		return func(e ev) string {
			if t, ok := e.Detail.(*event.TokenChange); ok && s(t).CapsKnown {
				return names.Hex(get(s(t)))
			}
			return ""
		}
	}
	uid := func(c *event.Credentials) int64 { return c.UID }
	euid := func(c *event.Credentials) int64 { return c.EUID }
	suid := func(c *event.Credentials) int64 { return c.SUID }
	fsuid := func(c *event.Credentials) int64 { return c.FSUID }
	gid := func(c *event.Credentials) int64 { return c.GID }
	egid := func(c *event.Credentials) int64 { return c.EGID }
	sgid := func(c *event.Credentials) int64 { return c.SGID }
	fsgid := func(c *event.Credentials) int64 { return c.FSGID }
	permitted := func(c *event.Credentials) uint64 { return c.Permitted }
	effective := func(c *event.Credentials) uint64 { return c.Effective }
	inheritable := func(c *event.Credentials) uint64 { return c.Inheritable }
	ambient := func(c *event.Credentials) uint64 { return c.Ambient }
	return eventView{
		Name: "token_changes",
		Description: "Credentials that a process changed for itself: user and group ids and capabilities, before and after. " +
			"The ids of the shared columns are those after the change.",
		Component: "DC0088 Logon Session Metadata",
		Kinds:     []event.Kind{event.KindTokenChange},
		Examples: []string{
			"SELECT time, path, api, old_euid, new_euid FROM token_changes WHERE new_euid = 0 AND old_euid <> 0",
			"SELECT time, path, user, enabled_privileges FROM token_changes WHERE enabled_privileges LIKE '%SeDebugPrivilege%'",
		},
		Columns: []column[ev]{
			costly(text("arguments", "Arguments by name and meaning.", ev.Arguments)),
			known("old_uid", "User id before, NULL if not known.", number(before, uid)),
			known("new_uid", "User id after.", number(after, uid)),
			known("old_euid", "Effective user id before.", number(before, euid)),
			known("new_euid", "Effective user id after.", number(after, euid)),
			known("old_suid", "Saved user id before.", number(before, suid)),
			known("new_suid", "Saved user id after.", number(after, suid)),
			known("old_fsuid", "User id for files before.", number(before, fsuid)),
			known("new_fsuid", "User id for files after: what setfsuid changes.", number(after, fsuid)),
			known("old_gid", "Group id before.", number(before, gid)),
			known("new_gid", "Group id after.", number(after, gid)),
			known("old_egid", "Effective group id before.", number(before, egid)),
			known("new_egid", "Effective group id after.", number(after, egid)),
			known("old_sgid", "Saved group id before.", number(before, sgid)),
			known("new_sgid", "Saved group id after.", number(after, sgid)),
			known("old_fsgid", "Group id for files before.", number(before, fsgid)),
			known("new_fsgid", "Group id for files after.", number(after, fsgid)),
			text("old_cap_permitted", "Permitted capabilities before, in hexadecimal; empty if not known.", capability(before, permitted)),
			text("new_cap_permitted", "Permitted capabilities after, for capset.", capability(after, permitted)),
			text("old_cap_effective", "Effective capabilities before.", capability(before, effective)),
			text("new_cap_effective", "Effective capabilities after, for capset.", capability(after, effective)),
			text("old_cap_inheritable", "Inheritable capabilities before.", capability(before, inheritable)),
			text("new_cap_inheritable", "Inheritable capabilities after, for capset.", capability(after, inheritable)),
			text("old_cap_ambient", "Ambient capabilities before.", capability(before, ambient)),
			text("new_cap_ambient", "Ambient capabilities after, for capset.", capability(after, ambient)),
			text("action", "Windows: adjust, use or assign; empty elsewhere.", func(e ev) string { return detailOf[event.Privileges](e).Action }),
			text("enabled_privileges", "Windows: privileges enabled or used, separated by spaces.",
				func(e ev) string { return detailOf[event.Privileges](e).Enabled }),
			text("disabled_privileges", "Windows: privileges disabled.", func(e ev) string { return detailOf[event.Privileges](e).Disabled }),
			text("token_user", "Windows: whose token it is.", func(e ev) string { return detailOf[event.Privileges](e).User }),
			text("token_logon_id", "Windows: the token's logon session.",
				func(e ev) string { return logonID(detailOf[event.Privileges](e).LogonID) }),
			text("service", "Windows: the service that the privilege was used for.",
				func(e ev) string { return detailOf[event.Privileges](e).Service }),
			text("object", "Windows: the object that it was used on, with its type.",
				func(e ev) string { return detailOf[event.Privileges](e).Object }),
			text("access_rights", "Windows: the rights asked for on the object, by name as its type has them.",
				func(e ev) string { return detailOf[event.Privileges](e).Rights() }),
			text("target_path", "Windows: the process that a token was assigned to.", targetPath),
			known("target_pid", "Windows: its process id.", func(e ev) (int64, bool) { return target(e).PID, e.Target != nil }),
			text("target_process_key", "Windows: its process_key.", func(e ev) string { return target(e).Key }),
		},
	}.table(d)
}
