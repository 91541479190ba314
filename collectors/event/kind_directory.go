package event

import "github.com/apiwatch/apiwatch/collectors/event/wire"

// KindDirectory is a change of an object of the directory or of the local accounts.
const KindDirectory Kind = 17

var directoryKind = Descriptor{
	Kind: KindDirectory, Name: "directory", Component: "DC0066", Share: Shares{Linux: 1, Windows: 2},
	Details: []DetailType{typeOf[DirectoryChange]()},
}

// DirectoryChange is the detail of KindDirectory: an object of the directory or of the local accounts.
type DirectoryChange struct {
	Action              string // "create", "modify", "add_member", "reset_password", "add_sid_history", …
	Object, ObjectClass string // name and class, "user", "group", "computer", "domainDNS"
	ObjectSID           string
	Attribute, Value    string // what was changed and to what
	Operation           string // "add", "delete"
	Member              string // of a group
}

func (*DirectoryChange) number() uint8 { return 19 }

func (d *DirectoryChange) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.Object)
	c.Text(&d.ObjectClass)
	c.Text(&d.ObjectSID)
	c.Text(&d.Attribute)
	c.Text(&d.Value)
	c.Text(&d.Operation)
	c.Text(&d.Member)
}

func (d *DirectoryChange) arguments() []Argument {
	return []Argument{{"action", d.Action}, {"object", d.Object}, {"attribute", d.Attribute}, {"value", d.Value}, {"member", d.Member}}
}

func (d *DirectoryChange) size() int { return 128 + len(d.Object) + len(d.Value) + len(d.Member) }
