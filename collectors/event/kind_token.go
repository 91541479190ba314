package event

import (
	"github.com/apiwatch/apiwatch/collectors/event/wire"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// KindTokenChange is a change of credentials or capabilities.
const KindTokenChange Kind = 11

var tokenChangeKind = Descriptor{
	Kind: KindTokenChange, Name: "token_change", Component: "DC0088", Share: Shares{Linux: 5, Windows: 5},
	Details: []DetailType{typeOf[TokenChange](), typeOf[Privileges]()},
}

// Credentials is one side of a credential change.
type Credentials struct {
	UID, EUID, SUID, FSUID                     int64 // -1 if unknown
	GID, EGID, SGID, FSGID                     int64
	Permitted, Effective, Inheritable, Ambient uint64 // capability sets
	CapsKnown                                  bool
}

func (d *Credentials) code(c *wire.Coder) {
	c.Int(&d.UID)
	c.Int(&d.EUID)
	c.Int(&d.SUID)
	c.Int(&d.FSUID)
	c.Int(&d.GID)
	c.Int(&d.EGID)
	c.Int(&d.SGID)
	c.Int(&d.FSGID)
	c.Uint(&d.Permitted)
	c.Uint(&d.Effective)
	c.Uint(&d.Inheritable)
	c.Uint(&d.Ambient)
	c.Flag(&d.CapsKnown)
}

// TokenChange is the detail of KindTokenChange.
type TokenChange struct {
	Before, After Credentials
}

func (*TokenChange) number() uint8 { return 5 }

func (d *TokenChange) code(c *wire.Coder) {
	d.Before.code(c)
	d.After.code(c)
}

// Privileges is the detail of KindTokenChange where privileges of a Windows token were changed or used.
type Privileges struct {
	Action            string // "adjust", "use", "assign"
	Enabled, Disabled string // privilege names, separated by spaces
	Service, Object   string // what a privilege was used for
	ObjectType        string `json:",omitempty"`
	AccessMask        uint32 `json:",omitempty"` // the rights asked for on the object
	User              string // whose token it is
	LogonID           uint64
}

func (*Privileges) number() uint8 { return 17 }

func (d *Privileges) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.Enabled)
	c.Text(&d.Disabled)
	c.Text(&d.Service)
	c.Text(&d.Object)
	c.Text(&d.ObjectType)
	c.Uint32(&d.AccessMask)
	c.Text(&d.User)
	c.Uint(&d.LogonID)
}

func (d *Privileges) arguments() []Argument {
	return []Argument{
		{"enabled", d.Enabled},
		{"disabled", d.Disabled},
		{"service", d.Service},
		{"object", d.Object},
		{"access", d.Rights()},
		{"token_user", d.User},
	}
}

func (d *Privileges) size() int { return 128 + len(d.Enabled) + len(d.Disabled) + len(d.Object) }

// Rights names the rights asked for on the object; "" where there are none.
func (d *Privileges) Rights() string {
	if d.AccessMask == 0 {
		return ""
	}
	return windows.AccessText(d.ObjectType, d.AccessMask)
}
