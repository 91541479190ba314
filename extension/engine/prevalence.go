package engine

import (
	"iter"
	"time"

	"github.com/apiwatch/apiwatch/collectors/prevalence"
	"github.com/apiwatch/apiwatch/tables"
)

// saveEvery is how often what was learned is written, in seconds: a run that is killed loses no more.
const saveEvery = 600

// learned keeps what the host has seen in its state folder.
type learned struct {
	*prevalence.Learner
	dir string // "" to keep nothing
}

// remember goes on from what earlier runs have learned, and keeps it if this run is the one that does.
func (e *Engine) remember(stateDir string) {
	e.learned.Now = time.Now
	if err := e.learned.Load(stateDir); err != nil {
		e.logger.Warn("what earlier runs learned is not whole", "error", err)
	}
	if e.kept.journal != nil { // this run holds the lock
		e.learned.dir = stateDir
	}
}

// save writes what was learned.
func (l *learned) save() error {
	if l.dir == "" {
		return nil
	}
	return l.Save(l.dir)
}

// combinations gives what was learned as the table shows it.
func (l *learned) combinations(q *tables.PrevalenceQuery) iter.Seq[tables.Combination] {
	known := l.Known()
	found := l.All(func(c *prevalence.Combination) bool { return q.Admits(c.Kind, c.Path, c.User) })
	return converted(found, func(c prevalence.Combination) (tables.Combination, bool) {
		return tables.Combination{
			Kind: c.Kind, Path: c.Path, ParentPath: c.ParentPath, User: c.User, Image: c.Image, Host: c.Host, Seen: c.Seen,
			Hours: int64(c.Hours), Days: int64(c.Days), FirstNS: c.FirstNS, LastNS: c.LastNS,
			Rare: known.Rare(&c), New: known.New(&c), Learning: known.Learning(),
			SinceNS: known.SinceNS, UntilNS: known.UntilNS(), NewestNS: known.NewestNS,
		}, true
	})
}
