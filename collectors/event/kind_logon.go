package event

import (
	"github.com/apiwatch/apiwatch/collectors/event/wire"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

// KindLogon is a logon session that began, was refused or ended (and DC0002, DC0088).
const KindLogon Kind = 16

var logonKind = Descriptor{
	Kind: KindLogon, Name: "logon", Component: "DC0067", Share: Shares{Linux: 1, Windows: 4},
	Details: []DetailType{typeOf[Logon]()},
	Object:  logonProcess,
}

func logonProcess(e *Event) string {
	if object := objectActedOn(e); object != "" {
		return object
	}
	if d, ok := e.Detail.(*Logon); ok {
		return d.LogonProcess
	}
	return ""
}

// Logon is the detail of KindLogon. The subject, who asked for it, is the event's process and its user.
type Logon struct {
	Action                    string // "logon", "failure", "logoff", "explicit_credentials", "privileges", "ticket", "service_ticket", …
	Type                      uint32 // 2 interactive, 3 network, …; 0 if unknown
	User, UserSID             string // who logged on
	LogonID                   uint64 // the new session
	LinkedLogonID             uint64 // the session's other half under User Account Control
	SourceAddress             string
	SourcePort                uint16
	Workstation               string
	Package, LogonProcess     string // "NTLM", "Kerberos", "Negotiate"; "seclogo", "NtLmSsp", …
	Status, SubStatus         uint64
	Privileges                string
	Service                   string // service or target of a ticket or of explicit credentials
	TicketEncryption, Options uint64
	Elevated, ElevatedKnown   bool
	RestrictedAdmin           bool
	Impersonation             string
	KeyLength                 uint64
	Groups                    string `json:",omitempty"` // security identifiers, separated by spaces
	FailureReason             string `json:",omitempty"` // in words
}

func (*Logon) number() uint8 { return 16 }

func (d *Logon) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Uint32(&d.Type)
	c.Text(&d.User)
	c.Text(&d.UserSID)
	c.Uint(&d.LogonID)
	c.Uint(&d.LinkedLogonID)
	c.Text(&d.SourceAddress)
	c.Uint16(&d.SourcePort)
	c.Text(&d.Workstation)
	c.Text(&d.Package)
	c.Text(&d.LogonProcess)
	c.Uint(&d.Status)
	c.Uint(&d.SubStatus)
	c.Text(&d.Privileges)
	c.Text(&d.Service)
	c.Uint(&d.TicketEncryption)
	c.Uint(&d.Options)
	c.Flag(&d.Elevated)
	c.Flag(&d.ElevatedKnown)
	c.Flag(&d.RestrictedAdmin)
	c.Text(&d.Impersonation)
	c.Uint(&d.KeyLength)
	c.Text(&d.Groups)
	c.Text(&d.FailureReason)
}

func (d *Logon) arguments() []Argument {
	return []Argument{
		{"action", d.Action},
		{"logon_user", d.User},
		{"logon_process", d.LogonProcess},
		{"package", d.Package},
		{"service", d.Service},
		{"source_address", d.SourceAddress},
	}
}

func (d *Logon) size() int { return 336 + len(d.Privileges) + len(d.Groups) }

// StatusName names the status of a logon: Kerberos's for a ticket, else Windows'. "" where it is success or has no name here.
func (l *Logon) StatusName(status uint64) string {
	if l.Package == "Kerberos" && status < 0x80 {
		return windows.KerberosErrorName(status)
	}
	return windows.StatusName(status)
}
