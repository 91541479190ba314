package event

import (
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindAuditChange is a change of auditing itself: a rule added or removed, a setting, auditd started or ended.
const KindAuditChange Kind = 23

var auditChangeKind = Descriptor{
	Kind: KindAuditChange, Name: "audit_change", Share: Shares{Linux: 1, Windows: 0},
	Details:   []DetailType{typeOf[AuditChange]()},
	Arguments: auditChanged,
}

func auditChanged(e *Event) []Argument {
	d, ok := e.Detail.(*AuditChange)
	if !ok {
		return nil
	}
	return []Argument{
		{"action", d.Action},
		{"list", d.ListName()},
		{"key", d.Key},
		{"path", e.Path},
		{"setting", d.Setting},
		{"value", d.Value},
		{"old_value", d.Old},
	}
}

// AuditChange is the detail of KindAuditChange; the file that a rule watches is the event's path.
type AuditChange struct {
	Action  string // "add_rule", "remove_rule", "set", "set_feature", "daemon_end", …
	Key     string // of the rule
	Setting string // "audit_enabled"
	Value   string
	Old     string
	List    int64 // of the rule, -1 if none
	AUID    int64 // who logged in and did it, -1 if unknown
	Session int64
}

// ruleLists are the lists of rules, as auditctl calls them (AUDIT_FILTER_* of include/uapi/linux/audit.h).
var ruleLists = [...]string{"user", "task", "entry", "watch", "exit", "exclude", "filesystem", "io_uring"}

// ListName names the rule's list, "" for none.
func (d *AuditChange) ListName() string {
	if d.List >= 0 && d.List < int64(len(ruleLists)) {
		return ruleLists[d.List]
	}
	return ""
}

// RuleList reads a list of rules by its number or name, -1 for none.
func RuleList(text string) int64 {
	for i, name := range ruleLists {
		if text == name || text == strconv.Itoa(i) {
			return int64(i)
		}
	}
	return -1
}

func (*AuditChange) number() uint8 { return 26 }

func (d *AuditChange) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.Key)
	c.Text(&d.Setting)
	c.Text(&d.Value)
	c.Text(&d.Old)
	c.Int(&d.List)
	c.Int(&d.AUID)
	c.Int(&d.Session)
}

func (d *AuditChange) size() int { return 112 + len(d.Key) + len(d.Value) + len(d.Old) }
