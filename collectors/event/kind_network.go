package event

import (
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindNetworkFlow is a connection that was made (and DC0085, DC0078).
const KindNetworkFlow Kind = 12

var networkFlowKind = Descriptor{
	Kind: KindNetworkFlow, Name: "network_flow", Component: "DC0082", Share: Shares{Linux: 6, Windows: 5},
	Details:   []DetailType{typeOf[Flow](), typeOf[NamedFlow]()},
	Arguments: flowed,
}

func flowed(e *Event) []Argument {
	d, ok := e.Detail.(*NamedFlow)
	if !ok {
		return nil
	}
	return []Argument{
		{"remote_address", d.RemoteAddress}, {"remote_port", port(d.RemotePort)}, {"service", smb(d.RemotePort)}, {"remote_host", d.RemoteHost},
	}
}

// smb names the port of SMB, which finds its connections among all.
func smb(port uint16) string {
	if port == 445 {
		return "smb/tcp"
	}
	return ""
}

func port(n uint16) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// Flow is the detail of KindNetworkFlow.
type Flow struct {
	Family        string // "inet", "inet6", "unix"
	Protocol      string // "tcp", "udp", "" if unknown
	LocalAddress  string
	RemoteAddress string // or the path of a unix socket
	LocalPort     uint16
	RemotePort    uint16
}

func (*Flow) number() uint8 { return 6 }

func (d *Flow) code(c *wire.Coder) {
	c.Text(&d.Family)
	c.Text(&d.Protocol)
	c.Text(&d.LocalAddress)
	c.Text(&d.RemoteAddress)
	c.Uint16(&d.LocalPort)
	c.Uint16(&d.RemotePort)
}

// NamedFlow is a [Flow] of which the source tells names: of the hosts, or what was asked of DNS.
type NamedFlow struct {
	Flow
	RemoteHost string
	Results    string // what DNS answered
	Status     string // DNS status, "0" for success
	URL        string `json:",omitempty"` // what was asked for, where the source tells it
	Inbound    bool
}

func (*NamedFlow) number() uint8 { return 22 }

func (d *NamedFlow) code(c *wire.Coder) {
	d.Flow.code(c)
	c.Text(&d.RemoteHost)
	c.Text(&d.Results)
	c.Text(&d.Status)
	c.Text(&d.URL)
	c.Flag(&d.Inbound)
}

func (d *NamedFlow) size() int { return 176 + len(d.Results) + len(d.RemoteHost) + len(d.URL) }

func (d *Flow) size() int { return 112 + len(d.RemoteAddress) }
