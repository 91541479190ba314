package sqlhost

import (
	"context"

	"github.com/apiwatch/apiwatch/tables"
)

// asking gathers what a statement asks of tables of events, which it shows as empty.
type asking struct {
	scans []tables.Scan
	other bool // it asks a table whose rows may change without an event
}

// constant tables change only with what the caller knows of.
const constant = "detection_tuning"

// asks takes a question of a table of events, and tells whether it did.
func (p *asking) asks(b Backend, q *tables.Query) bool {
	l, ok := b.(local)
	if !ok || l.Kinds == nil {
		p.other = p.other || b.Name() != constant
		return false
	}
	p.scans = append(p.scans, tables.NewScan(l.Table, q))
	return true
}

// Anchors gives what a statement asks of the tables of events while they are empty. A statement is a function of what its tables
// give: as long as none of these questions finds an event, it asks no others and has no rows. ok is false where that cannot be
// said: it has rows without any event, or reads a table that changes by itself. Tuning counts as constant.
func (db *DB) Anchors(ctx context.Context, sql string) (scans []tables.Scan, ok bool, err error) {
	s, err := db.lease(ctx)
	if err != nil {
		return nil, false, err
	}
	p, err := s.prepare(sql)
	if err != nil {
		db.release(s)
		return nil, false, err
	}
	s.asking = new(asking)
	rows := s.run(p)
	some := rows.Next()
	found := s.asking
	s.asking = nil
	if err := rows.Close(); err != nil {
		return nil, false, err
	}
	return found.scans, !some && !found.other, nil
}
