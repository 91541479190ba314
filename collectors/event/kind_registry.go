package event

import "github.com/apiwatch/apiwatch/collectors/event/wire"

// KindRegistryChange is a registry key or value that changed.
const KindRegistryChange Kind = 13

var registryChangeKind = Descriptor{
	Kind: KindRegistryChange, Name: "registry_change", Component: "DC0063", Share: Shares{Linux: 1, Windows: 6},
	Details:   []DetailType{typeOf[RegistryChange]()},
	Arguments: registryChanged,
}

func registryChanged(e *Event) []Argument {
	if d, ok := e.Detail.(*RegistryChange); ok {
		return []Argument{{"key", e.Path}, {"data", d.Data}}
	}
	return nil
}

// RegistryChange is the detail of KindRegistryChange; the key, with the value's name behind it, is the event's path.
type RegistryChange struct {
	Action    string // "create_key", "delete_key", "set_value", "delete_value", "rename"
	ValueName string
	Data      string // what the value was set to, as the source shows it
	OldData   string
	Type      string // "REG_SZ", …; "" where the source does not say
	NewName   string // of a rename
	Access    uint32 `json:",omitempty"` // the rights used, where a handle is all that the source tells of
}

func (*RegistryChange) number() uint8 { return 13 }

func (d *RegistryChange) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.ValueName)
	c.Text(&d.Data)
	c.Text(&d.OldData)
	c.Text(&d.Type)
	c.Text(&d.NewName)
	c.Uint32(&d.Access)
}

func (d *RegistryChange) size() int {
	return 96 + len(d.Data) + len(d.OldData) + len(d.NewName) + len(d.ValueName)
}

// KindRegistryRequest is a change of the registry that a command line or a script asks for. Whether it happened is not known.
const KindRegistryRequest Kind = 22

var registryRequestKind = Descriptor{
	Kind: KindRegistryRequest, Name: "registry_request", Component: "DC0064", Share: Shares{Linux: 0, Windows: 1},
	Details: []DetailType{typeOf[RegistryRequest]()},
}

// RegistryRequest is the detail of KindRegistryRequest; the key, with the value's name behind it, is the event's path.
type RegistryRequest struct {
	AskedIn   string // "command_line", "script"
	Action    string // as in RegistryChange
	ValueName string
	Data      string
	Type      string
	NewName   string
	Computer  string // whose registry, where that is another's
}

func (*RegistryRequest) number() uint8 { return 25 }

func (d *RegistryRequest) code(c *wire.Coder) {
	c.Text(&d.AskedIn)
	c.Text(&d.Action)
	c.Text(&d.ValueName)
	c.Text(&d.Data)
	c.Text(&d.Type)
	c.Text(&d.NewName)
	c.Text(&d.Computer)
}

func (d *RegistryRequest) size() int {
	return 112 + len(d.ValueName) + len(d.Data) + len(d.NewName) + len(d.Computer)
}
