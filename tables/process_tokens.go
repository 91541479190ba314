package tables

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// TokenQuery says which tokens a scan is asked for.
type TokenQuery struct {
	// PIDs are the processes to look at; nil means all.
	PIDs []int64
	// Threads asks for the tokens that threads impersonate by, too.
	Threads bool
}

// Token is an access token that a process or a thread of Windows holds now. Numbers are -1 where unknown.
type Token struct {
	Process                          *event.Process
	ThreadID                         int64 // 0 for the process's own
	Type, Level                      string
	User, UserSID                    string
	Integrity, Elevation, Source     string
	Session                          int64
	LogonID, OriginID, ID            uint64
	Elevated, Restricted             bool
	AppContainer, UIAccess           bool
	Enabled, Disabled, Adjusted      string // privileges
	GroupsEnabled, GroupsDenyingOnly string
}

// TokenScanner yields the tokens of running processes, in bounded time.
type TokenScanner func(ctx context.Context, q TokenQuery) iter.Seq[Token]

func processTokens(d *Data) *Table {
	type row = *Token
	owner := func(t row) *event.Process {
		if t.Process == nil {
			return noProcess
		}
		return t.Process
	}
	s := spec[row]{
		Name: "process_tokens",
		Description: "Access tokens in use: one row for each process, and one for each thread that impersonates somebody: who it acts as, " +
			"at which " +
			"integrity, in which logon session, with which privileges in force.",
		Component: "DC0088 Logon Session Metadata",
		Examples: []string{
			"SELECT pid, path, user, integrity_level, enabled_privileges FROM process_tokens WHERE adjusted_privileges LIKE '%SeDebugPrivilege%'",
			"SELECT pid, thread_id, path, process_user, user, impersonation_level FROM process_tokens WHERE token_type = 'impersonation' " +
				"AND user_sid <> process_user_sid",
			"SELECT path, user, logon_id, origin_logon_id, token_source FROM process_tokens WHERE token_source = 'seclogo'",
		},
		Columns: slices.Concat([]column[row]{
			optimized(bigint("pid", "Process id. Given one or more, only these processes are read.", func(t row) int64 { return owner(t).PID })),
			known("thread_id", "The thread that impersonates; NULL for the process's own token.",
				func(t row) (int64, bool) { return t.ThreadID, t.ThreadID > 0 }),
			text("token_type", "primary (the process's own) or impersonation (a thread's).", func(t row) string { return t.Type }),
			text("impersonation_level", "anonymous, identification, impersonation or delegation; empty for a primary token.",
				func(t row) string { return t.Level }),
			text("user", "Whom the token acts as, DOMAIN\\name: for a thread, whom it impersonates. Empty if the name is not to be had in time.",
				func(t row) string { return t.User }),
			text("user_sid", "Security identifier of user.", func(t row) string { return t.UserSID }),
			text("process_user", "User of the process's own token.", func(t row) string { return owner(t).User }),
			text("process_user_sid", "Security identifier of process_user.", func(t row) string { return owner(t).OnWindows().UserSID }),
			text("integrity_level", "Untrusted, Low, Medium, MediumPlus, High, System or Protected.", func(t row) string { return t.Integrity }),
			text("elevation", "default (the user has one token only), full or limited (the two halves under User Account Control).",
				func(t row) string { return t.Elevation }),
			integer("elevated", "1 if the token is elevated.", func(t row) int64 { return b2i(t.Elevated) }),
			text("logon_id", "Logon session that the token acts for, in hexadecimal, as in logons.",
				func(t row) string { return hexText(t.LogonID) }),
			text("origin_logon_id", "Logon session that asked for that one with credentials, in hexadecimal; empty if none did.",
				func(t row) string { return logonID(t.OriginID) }),
			known("session", "Session of Terminal Services; 0 is that of services.", func(t row) (int64, bool) { return id(t.Session) }),
			text("token_source", "Who made the token: User32, Advapi, seclogo, NtLmSsp, …; empty if not to be had.",
				func(t row) string { return t.Source }),
			text("token_id", "Number of the token, in hexadecimal.", func(t row) string { return hexText(t.ID) }),
			text("enabled_privileges", "Privileges in force, separated by spaces.", func(t row) string { return t.Enabled }),
			text("disabled_privileges", "Privileges that the token holds and may enable.", func(t row) string { return t.Disabled }),
			text("adjusted_privileges", "Privileges in force that were not when the token was made: somebody enabled them.",
				func(t row) string { return t.Adjusted }),
			text("groups", "Security identifiers of the groups in force, separated by spaces.", func(t row) string { return t.GroupsEnabled }),
			text("deny_groups", "Security identifiers of the groups that only deny, as Administrators does in a limited token.",
				func(t row) string { return t.GroupsDenyingOnly }),
			integer("restricted", "1 if the token was made by taking rights away.", func(t row) int64 { return b2i(t.Restricted) }),
			integer("app_container", "1 if the token is of an AppContainer.", func(t row) int64 { return b2i(t.AppContainer) }),
			integer("ui_access", "1 if its process may drive the windows of more privileged ones.", func(t row) int64 { return b2i(t.UIAccess) }),
		}, ownerColumns(func(t row) *event.Process { return t.Process })),
	}
	at := positions(s.Columns, "pid", "token_type")
	s.Rows = func(ctx context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.Tokens == nil {
			return nothing[row](), nil
		}
		want := TokenQuery{PIDs: pidsOf(q, at[0]), Threads: true}
		if types, ok := q.EqualTo(at[1]); ok {
			want.Threads = slices.Contains(types, "impersonation")
		}
		return scanOf(d.Tokens(ctx, want), func(t row) int64 {
			return hashOf(uint64(owner(t).PID), uint64(owner(t).StartNS/int64(time.Millisecond)), uint64(t.ThreadID))
		}), nil
	}
	return s.table()
}
