package tables

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// Combination is what a host has seen, and how often.
type Combination struct {
	Kind                                event.Kind
	Path, ParentPath, User, Image, Host string
	Seen                                uint64
	Hours, Days                         int64
	FirstNS, LastNS                     int64
	Rare, New, Learning                 bool
	SinceNS, UntilNS, NewestNS          int64 // of all that is known: see the columns
}

// PrevalenceQuery narrows what is asked for; nil admits any. Case does not count.
type PrevalenceQuery struct {
	Kinds, Paths, Users []string
}

// Admits tells whether a combination may be wanted.
func (q *PrevalenceQuery) Admits(kind event.Kind, path, user string) bool {
	return admitsAny(q.Paths, path) && admitsAny(q.Users, user) && admitsAny(q.Kinds, kind.String())
}

func admitsAny(wanted []string, value string) bool {
	return wanted == nil || slices.ContainsFunc(wanted, func(w string) bool { return len(w) == len(value) && strings.EqualFold(w, value) })
}

func prevalence(d *Data) *Table {
	type row = *Combination
	seconds := func(ns int64) int64 { return ns / int64(time.Second) }
	s := spec[row]{
		Name: "prevalence",
		Description: "How often this host has seen what its programs do: one row for each combination of a kind of event, program, parent's " +
			"program, user and container image, learned from events as they come and kept over restarts. rare and new are said here; " +
			"first_seen is what does not change once it is told, so compare it with an event's time.",
		Platforms: []string{"linux", "windows"},
		Examples: []string{
			"SELECT path, parent_path, user, days, seen FROM prevalence WHERE kind = 'process_start' AND rare = 1",
			"SELECT path, user, kind, first_seen FROM prevalence WHERE new = 1 ORDER BY first_seen DESC",
			"SELECT e.time, e.path FROM process_starts e WHERE EXISTS (SELECT 1 FROM prevalence p WHERE p.kind = 'process_start' AND p.path = " +
				"e.path " +
				"AND p.first_seen >= p.learning_until AND p.first_seen >= e.time - 3600)",
		},
		Columns: []column[row]{
			optimized(text("kind", "Kind of event, as collector_health names the store's: process_start, file_access, network_flow, …",
				func(c row) string { return c.Kind.String() })),
			optimized(text("path", "Executable path of the caller; of process_start the new program.", func(c row) string { return c.Path })),
			text("name", "Last part of path, in lower case on Windows.", func(c row) string { return event.LastPart(c.Path) }),
			text("parent_path", "Executable path of the process that created it.", func(c row) string { return c.ParentPath }),
			optimized(text("user", "Name of the caller's user.", func(c row) string { return c.User })),
			text("container_image",
				"Image of the caller's container; its runtime (docker, containerd, …) where no source tells of the image. Empty "+
					"outside of containers.", func(c row) string { return c.Image }),
			text("computer", "The computer that the log is of, where the log names it; empty for this one.", func(c row) string { return c.Host }),
			bigint("seen", "How many events of it came, however fast.", func(c row) int64 { return int64(c.Seen) }),
			bigint("hours", "In how many hours there was one.", func(c row) int64 { return c.Hours }),
			bigint("days", "On how many days there was one (UTC).", func(c row) int64 { return c.Days }),
			bigint("first_seen", "When the first came, Unix seconds.", func(c row) int64 { return seconds(c.FirstNS) }),
			bigint("last_seen", "When the last came, Unix seconds.", func(c row) int64 { return seconds(c.LastNS) }),
			integer("rare", "1 if it was seen on fewer than three days, which lie more than a day apart; 0 while learning.",
				func(c row) int64 { return b2i(c.Rare) }),
			integer("new", "1 if it was first seen within the last day, by the time of the newest event, and after the learning.",
				func(c row) int64 { return b2i(c.New) }),
			integer("learning", "1 for the first week, for which nothing is called rare or new: what is not known yet is not unusual.",
				func(c row) int64 { return b2i(c.Learning) }),
			bigint("learning_until", "When the learning ends or ended, Unix seconds.", func(c row) int64 { return seconds(c.UntilNS) }),
			bigint("host_age", "For how long events have been learned, seconds from the first to the newest.",
				func(c row) int64 { return seconds(c.NewestNS - c.SinceNS) }),
		},
	}
	at := positions(s.Columns, "kind", "path", "user")
	s.Rows = func(_ context.Context, q *Query) (iter.Seq2[int64, row], error) {
		if d.Prevalence == nil {
			return nothing[row](), nil
		}
		var want PrevalenceQuery
		for i, list := range []*[]string{&want.Kinds, &want.Paths, &want.Users} {
			if values, ok := q.EqualTo(at[i]); ok {
				*list = values
			}
		}
		return scanOf(d.Prevalence(&want), (*Combination).number), nil
	}
	return s.table()
}

// number is that of a row: what the combination is of makes it.
func (c *Combination) number() int64 {
	parts := []uint64{uint64(c.Kind)}
	for _, s := range []string{c.Path, c.ParentPath, c.User, c.Image, c.Host} {
		parts = append(parts, uint64(hashOfText(s)))
	}
	return hashOf(parts...)
}
