package event

// HostKind says what a host is.
type HostKind string

// The kinds of host.
const (
	Computer   HostKind = "computer"
	Device     HostKind = "device" // a switch, a router, a firewall
	Hypervisor HostKind = "hypervisor"
	Account    HostKind = "account" // of a cloud
	Cluster    HostKind = "cluster"
	PhoneApp   HostKind = "phone_app"
)

// Host is what an event happened on. It never changes, and events share it.
type Host struct {
	Name   string
	Kind   HostKind
	Domain string // or the tenant, "" if unknown
}

// Subject is who did what an event tells of, where that is no process that can be named: a user of a device, a role of a cloud account. It
// never changes.
type Subject struct {
	Principal     string
	Kind          string // "user", "service_account", "role", …, as the source calls it; "" if unknown
	Session       string
	SourceAddress string
	UserAgent     string
}

var noProcess = Process{UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, Session: -1, ExeUID: -1}

// Caller gives the event's process, or one of which nothing is known.
func (e *Event) Caller() *Process {
	if e.Process == nil {
		return &noProcess
	}
	return e.Process
}

var (
	noHost    Host
	noSubject Subject
)

// On gives the event's host, or one of which nothing is known, as the host that collects is where it tells of itself.
func (e *Event) On() *Host {
	if e.Host == nil {
		return &noHost
	}
	return e.Host
}

// By gives the event's subject, or one of which nothing is known.
func (e *Event) By() *Subject {
	if e.Subject == nil {
		return &noSubject
	}
	return e.Subject
}

// ActorKey identifies who a finding is of: the process, else the subject and where it was at work, else the host.
func (e *Event) ActorKey() string {
	switch {
	case e.Process != nil:
		return e.Process.Key
	case e.Subject != nil:
		return e.Subject.Principal + "@" + e.On().Name
	}
	return e.On().Name
}
