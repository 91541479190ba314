package event

// Kind says what an event is about. Each kind has its own share of the store, so that a flood of one cannot evict another.
// Its number stands in what is encoded: it never changes.
type Kind uint8

// descriptors are all kinds, in the order of their numbers, which is that of `collector_health`. A kind that is new comes last: one file
// kind_….go, or a place in that of its family, and one line here.
var descriptors = [...]*Descriptor{
	&callKind,
	&processStartKind,
	&processExitKind,
	&ptraceKind,
	&processAccessKind,
	&memoryKind,
	&remoteThreadKind,
	&moduleLoadKind,
	&fileAccessKind,
	&fileChangeKind,
	&mountKind,
	&tokenChangeKind,
	&networkFlowKind,
	&registryChangeKind,
	&pipeKind,
	&scriptBlockKind,
	&logonKind,
	&directoryKind,
	&serviceKind,
	&taskKind,
	&recordKind,
	&findingKind,
	&registryRequestKind,
	&auditChangeKind,
}

// KindCount is how many kinds there are.
const KindCount = len(descriptors)

// Descriptor is all that is particular to a kind.
type Descriptor struct {
	Kind      Kind
	Name      string // as `collector_health` shows it
	Component string // ATT&CK's data component, "" if none fits
	Share     Shares // of the store
	// Details are the types that Event.Detail may have; events of every kind may have none.
	Details []DetailType
	// Arguments gives what an event says of a call beside its numbers; nil for what its detail says of itself.
	Arguments func(*Event) []Argument
	// Object gives the path whose last part the store indexes; nil for the file acted on, else the other process's program.
	Object func(*Event) string
}

// Family is a group of platforms whose events fall alike on the kinds.
type Family uint8

// The families.
const (
	Linux Family = iota
	Windows
	families = int(Windows) + 1
)

// Shares are parts of the store, in percent, a family each. The kinds' parts are 100 together.
type Shares [families]int

// DetailType is a type of detail.
type DetailType struct {
	Number uint8
	New    func() Detail
}

func typeOf[D any, P interface {
	*D
	Detail
}]() DetailType {
	return DetailType{Number: P(nil).number(), New: func() Detail { return P(new(D)) }}
}

var unknownKind = Descriptor{Name: "unknown"}

// Descriptor gives what is particular to the kind.
func (k Kind) Descriptor() *Descriptor {
	if int(k) < KindCount {
		return descriptors[k]
	}
	return &unknownKind
}

// String gives the kind's name as `collector_health` shows it.
func (k Kind) String() string { return k.Descriptor().Name }

// Kinds lists all kinds.
func Kinds() []Kind {
	all := make([]Kind, KindCount)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}
