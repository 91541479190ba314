package event

import "github.com/apiwatch/apiwatch/collectors/event/wire"

// KindService is a service that was made or changed (and DC0041).
const KindService Kind = 18

var serviceKind = Descriptor{
	Kind: KindService, Name: "service", Component: "DC0060", Share: Shares{Linux: 1, Windows: 1},
	Details:   []DetailType{typeOf[Service]()},
	Arguments: serviceChanged,
}

func serviceChanged(e *Event) []Argument {
	if d, ok := e.Detail.(*Service); ok {
		return []Argument{{"action", d.Action}, {"service", d.Name}, {"account", d.Account}, {"command", e.Path}}
	}
	return nil
}

// Service is the detail of KindService; the service's program is the event's path.
type Service struct {
	Action, Name, Type, Start, Account string
	Detail                             string // what changed, for an action that is none of "create"
}

func (*Service) number() uint8 { return 20 }

func (d *Service) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.Name)
	c.Text(&d.Type)
	c.Text(&d.Start)
	c.Text(&d.Account)
	c.Text(&d.Detail)
}

func (d *Service) size() int { return 96 + len(d.Detail) }
