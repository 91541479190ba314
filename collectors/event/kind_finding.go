package event

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// Severities are those of findings, the least first.
var Severities = []string{"low", "medium", "high", "critical"}

// KindFinding is a detection's finding.
const KindFinding Kind = 21

var findingKind = Descriptor{
	Kind: KindFinding, Name: "finding", Share: Shares{Linux: 1, Windows: 1},
	Details: []DetailType{typeOf[Finding]()},
}

// Finding is the detail of KindFinding: one latched row of a detection.
type Finding struct {
	Detection, Way, Strategy, Technique, Severity string
	Summary, ID                                   string
	EIDs                                          string // the chain's events, comma-separated, ascending
	Extra                                         string // the detection's own columns as a JSON object
}

// Rank gives the place of the severity among [Severities]; one that is none of them counts as the gravest.
func (d *Finding) Rank() int {
	if i := slices.Index(Severities, d.Severity); i >= 0 {
		return i
	}
	return len(Severities) - 1
}

func (*Finding) number() uint8 { return 9 }

func (d *Finding) code(c *wire.Coder) {
	c.Text(&d.Detection)
	c.Text(&d.Way)
	c.Text(&d.Strategy)
	c.Text(&d.Technique)
	c.Text(&d.Severity)
	c.Text(&d.Summary)
	c.Text(&d.ID)
	c.Text(&d.EIDs)
	c.Text(&d.Extra)
}

func (d *Finding) size() int { return 256 + len(d.Summary) + len(d.EIDs) + len(d.Extra) }
