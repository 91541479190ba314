package audit

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/audit/flood"
	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/audit/runs"
	"github.com/apiwatch/apiwatch/collectors/event"
)

const (
	// withdrawFor is how long a flooding rule stays out.
	withdrawFor = 10 * time.Minute
	// Rules that somebody removed are put back so often in readdWithin, and then left alone until it has passed.
	maxReadds   = 5
	readdWithin = 10 * time.Minute
	// lateFor is how long records of those who are left out may still come: the kernel had them already.
	lateFor = 10 * time.Second
	// maxLeftOut is how many users and programs one rule may leave out.
	maxLeftOut = 8
	// spareFor is how long a process is left out that keeps the kernel's backlog full with so many records a second.
	spareFor  = time.Minute
	spareFrom = 2000
)

// ruleState is a rule and what became of it.
type ruleState struct {
	rule      Rule
	wires     [][]byte // one for each ABI
	installed []bool   // by us, as far as we know
	failures  []error
	state     string
	reason    string
	gauge     flood.Gauge // SYSCALL records that the rule explains

	withdrawnUntil time.Time
	withdrawnAt    float64   // records a second
	leftOut        []leftOut // beside another owner of audit users and programs, else processes
	stale          [][]byte  // in the kernel, and no longer wanted
}

// leftOut is a user or a program that a rule leaves out for a while.
type leftOut struct {
	filter Filter
	until  time.Time
	rate   float64
	start  uint64 // of the process
}

// over says whether nobody has to be left out any more.
func (l *leftOut) over(m mode, now time.Time) bool {
	process := l.filter.Field == FieldPID
	return now.After(l.until) || process != (m == modeUnicast) || process && runs.StartTime(strconv.Itoa(int(l.filter.Value))) != l.start
}

// who names it for people.
func (l *leftOut) who() string {
	who := strings.Replace(l.filter.String(), "!=", " ", 1)
	if l.filter.Field == FieldPID {
		who += " (" + runs.Comm(l.filter.Value) + ")"
	}
	return who
}

// late tells whether records of somebody who is left out may still be on their way.
func (r *ruleState) late(who flood.Actor, now time.Time) bool {
	return slices.ContainsFunc(r.leftOut, func(l leftOut) bool {
		f := l.filter
		return now.Before(l.until.Add(lateFor-withdrawFor)) && (f.Field == FieldUID && f.Value == who.UID || f.Field == FieldExe &&
			f.Text == who.Path)
	})
}

// recompile makes the rule anew, without those that are left out.
func (r *ruleState) recompile(change func(left []leftOut) []leftOut) error {
	left := change(slices.Clone(r.leftOut))
	filters := make([]Filter, len(left))
	for i := range left {
		filters[i] = left[i].filter
	}
	wires, err := r.rule.compile(abis(runtime.GOARCH), os.Getpid(), filters...)
	if err != nil {
		return err
	}
	for i, wire := range r.wires {
		if r.installed[i] {
			r.stale = append(r.stale, wire)
		}
	}
	r.leftOut, r.wires = left, wires
	r.installed, r.failures = make([]bool, len(wires)), make([]error, len(wires))
	return nil
}

// otherRules counts the rules that are not ours.
type otherRules struct {
	rules        int
	silenceTasks int // keep new processes from being audited at all
	never        int // leave calls out
	exclude      int // leave kinds of record out
}

func (o *otherRules) count(wire []byte) {
	r, err := decodeRule(wire)
	// All that we ever add says "always": a rule that hides calls is another's, whatever key it bears.
	if err != nil || r.key == Key && r.list == listExit && r.action == actionAlways {
		return
	}
	o.rules++
	switch {
	case r.list == listTask && r.action == actionNever:
		o.silenceTasks++
	case r.list == listExclude:
		o.exclude++
	case r.action == actionNever:
		o.never++
	}
}

func newRuleState(r Rule, machine []abi) *ruleState {
	rs := &ruleState{rule: r, state: "off"}
	wires, err := r.compile(machine, os.Getpid())
	switch {
	case err != nil:
		rs.reason = err.Error()
	case len(wires) == 0:
		rs.reason = NoCalls
	}
	rs.wires, rs.installed, rs.failures = wires, make([]bool, len(wires)), make([]error, len(wires))
	return rs
}

// wants says whether a rule should be in the kernel now, and if not, why.
func (s *Live) wants(r *ruleState, now time.Time) (reason string) {
	shared := s.mode != modeUnicast
	switch {
	case s.last.Enabled == immutable:
		return "audit is immutable until the next boot (enabled=2)"
	case s.last.Failure == panics:
		return "a lost record would stop this machine (failure=2)"
	case shared && s.opt.Share == ShareNone:
		return "another process owns audit, and --audit-share=none adds nothing to its log"
	case shared && s.opt.Share == ShareLow && r.rule.Volume != Low:
		return "another process owns audit, and --audit-share=low keeps frequent records out of its log"
	case shared && now.Before(r.withdrawnUntil):
		return fmt.Sprintf("withdrawn until %s: it brought %.0f records a second into another owner's log, at most %d are allowed",
			r.withdrawnUntil.UTC().Format(time.RFC3339), r.withdrawnAt, s.opt.RateCap)
	}
	return ""
}

// syncRules makes the kernel's list hold exactly those of our rules that are wanted. Rules are appended: another's come
// first.
func (s *Live) syncRules(now time.Time) {
	listed, before := !s.listedAt.IsZero(), s.others
	s.dirty, s.listedAt = false, now
	have, err := s.control.rules()
	if err != nil {
		s.problem("looking after the rules", err)
		return
	}
	present := make(map[string]bool, len(have))
	s.others = otherRules{}
	for _, wire := range have {
		present[string(wire)] = true
		s.others.count(wire)
	}
	if listed {
		s.tellHidden(before)
	}
	missing := 0
	for _, r := range s.rules {
		for i, wire := range r.wires {
			if r.installed[i] && !present[string(wire)] {
				missing++
			}
		}
	}
	readd := missing == 0 || s.readds.Allow(now, maxReadds, readdWithin)
	for _, r := range s.rules {
		reason := s.wants(r, now)
		for i, wire := range r.wires {
			there := present[string(wire)]
			switch {
			case reason != "" && there:
				if err := s.control.removeRule(wire); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EPERM) {
					s.problem("removing rule "+r.rule.Name, err)
				}
				r.installed[i] = false
			case reason != "":
				r.installed[i] = false
			case there:
				r.installed[i], r.failures[i] = true, nil
			case r.installed[i] && !readd:
				r.failures[i] = errors.New("somebody removes it again and again; it is left out for some minutes")
			default:
				if r.installed[i] {
					s.counts.readded++
				}
				err := s.control.addRule(wire)
				if errors.Is(err, unix.EEXIST) {
					err = nil
				}
				r.installed[i], r.failures[i] = err == nil, err
			}
		}
		for _, wire := range r.stale { // what takes its place is there by now
			if err := s.control.removeRule(wire); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EPERM) {
				s.problem("removing rule "+r.rule.Name, err)
			}
		}
		r.stale = nil
		if len(r.leftOut) > 0 && slices.ContainsFunc(r.failures, func(err error) bool { return err != nil }) {
			s.withdraw(r, now, r.leftOut[len(r.leftOut)-1].rate) // this kernel cannot leave them out
			s.dirty = true
		}
		r.judge(reason, now)
	}
	if missing > 0 {
		s.removed, s.removedAt = s.removed+missing, now
		s.opt.Logger.Warn("audit rules of ours were removed by somebody", "rules", missing, "put_back", readd)
	}
}

// tellHidden tells of rules of others that hide something and were not there before.
func (s *Live) tellHidden(before otherRules) {
	for _, kind := range []struct {
		what     string
		was, now int
	}{
		{"task", before.silenceTasks, s.others.silenceTasks},
		{"never", before.never, s.others.never},
		{"exclude", before.exclude, s.others.exclude},
	} {
		if kind.now > kind.was {
			s.tell(&event.AuditChange{Action: own.Hidden, Setting: kind.what, Value: strconv.Itoa(kind.now)})
		}
	}
}

// judge gives the rule its state for people.
func (r *ruleState) judge(unwanted string, now time.Time) {
	if len(r.wires) == 0 {
		return // decided at the start
	}
	if unwanted != "" {
		r.state, r.reason = "off", unwanted
		if now.Before(r.withdrawnUntil) {
			r.state = "withdrawn"
		}
		return
	}
	failed := 0
	r.state, r.reason = "ok", ""
	if len(r.leftOut) > 0 {
		var all []string
		for i := range r.leftOut {
			l := &r.leftOut[i]
			all = append(all, fmt.Sprintf("%s until %s (%.0f records a second)", l.who(), l.until.UTC().Format(time.RFC3339), l.rate))
		}
		r.state, r.reason = "degraded", "leaves out whose flood is too much for the log: "+strings.Join(all, ", ")
	}
	for _, err := range r.failures {
		switch {
		case err == nil:
			continue
		case errors.Is(err, unix.ENOENT):
			r.reason = NoFolder
		case errors.Is(err, unix.EINVAL):
			r.reason = "this kernel does not know such a rule"
		default:
			r.reason = "adding it: " + err.Error()
		}
		failed++
	}
	switch {
	case failed == len(r.failures):
		r.state = "off"
	case failed > 0:
		r.state, r.reason = "degraded", "not for all of the machine's system call interfaces: "+r.reason
	}
}

// capRates finds rules that flood another owner's log. It says whether one has to change.
func (s *Live) capRates(now time.Time) bool {
	change := false
	for _, r := range s.rules {
		if !r.withdrawnUntil.IsZero() && now.After(r.withdrawnUntil) {
			r.withdrawnUntil, change = time.Time{}, true
		}
		over := func(l leftOut) bool { return l.over(s.mode, now) }
		if slices.ContainsFunc(r.leftOut, over) {
			change = true
			if err := r.recompile(func(left []leftOut) []leftOut { return slices.DeleteFunc(left, over) }); err != nil {
				s.problem("putting rule "+r.rule.Name+" back", err)
			}
		}
		if s.mode == modeUnicast && s.pressed {
			change = s.spare(r, now) || change
		}
		rate, by, flooding := r.gauge.Check(now, float64(s.opt.RateCap))
		rate = flood.Without(by, rate, func(who flood.Actor) bool { return r.late(who, now) })
		if s.mode == modeUnicast || !flooding || rate <= float64(s.opt.RateCap) {
			continue
		}
		change = true
		if who, ok := flood.Most(by, rate, float64(s.opt.RateCap)); !ok || !s.leaveOut(r, now, rate, who) {
			s.withdraw(r, now, rate)
		}
	}
	return change
}

// spare leaves out the process that brings most, where the kernel cannot hand over all records: those that it would throw away are
// anybody's.
func (s *Live) spare(r *ruleState, now time.Time) bool {
	pid, rate := r.gauge.Busiest(now)
	if pid == 0 || rate < spareFrom {
		return false
	}
	l := leftOut{Filter{Field: FieldPID, Op: Not, Value: pid}, now.Add(spareFor), rate, runs.StartTime(strconv.Itoa(int(pid)))}
	return l.start != 0 && s.narrow(r, &l)
}

// leaveOut leaves out a user, or a program of root's. It says false where that cannot be.
func (s *Live) leaveOut(r *ruleState, now time.Time, rate float64, who flood.Actor) bool {
	l := leftOut{Filter{Field: FieldUID, Op: Not, Value: who.UID}, now.Add(withdrawFor), rate, 0}
	if who.UID == 0 {
		l.filter = Filter{Field: FieldExe, Op: Not, Text: who.Path}
	}
	return s.narrow(r, &l)
}

// narrow has a rule leave somebody out for a while. It says false where that cannot be.
func (s *Live) narrow(r *ruleState, l *leftOut) bool {
	for i := range r.leftOut {
		had := r.leftOut[i].filter
		if had == l.filter || had.Field == FieldExe && l.filter.Field == FieldExe { // the kernel takes one program
			return false
		}
	}
	if len(r.leftOut) == maxLeftOut || r.recompile(func(left []leftOut) []leftOut { return append(left, *l) }) != nil {
		return false
	}
	s.tellWithdrawn(r, l.rate, l.who())
	return true
}

// withdraw takes a rule out for everybody for a while.
func (s *Live) withdraw(r *ruleState, now time.Time, rate float64) {
	if len(r.leftOut) > 0 {
		_ = r.recompile(func([]leftOut) []leftOut { return nil }) // as it was when it was first made
	}
	r.withdrawnAt, r.withdrawnUntil = rate, now.Add(withdrawFor)
	s.tellWithdrawn(r, rate, "everybody")
}

func (s *Live) tellWithdrawn(r *ruleState, rate float64, who string) {
	s.opt.Logger.Warn("audit rule leaves out a flood", "rule", r.rule.Name, "records_per_second", int(rate), "whom", who)
	s.tell(&event.AuditChange{Action: own.Withdrawn, Key: Key, Setting: r.rule.Name, Value: strconv.Itoa(int(rate)), Old: who})
}

// removeOurRules removes exactly the rules that we added.
func (s *Live) removeOurRules() error {
	var errs []error
	for _, r := range s.rules {
		for i, wire := range r.wires {
			if !r.installed[i] {
				continue
			}
			if err := s.control.removeRule(wire); err != nil && !errors.Is(err, unix.ENOENT) {
				errs = append(errs, fmt.Errorf("removing audit rule %s: %w", r.rule.Name, err))
			}
			r.installed[i] = false
		}
	}
	return errors.Join(errs...)
}
