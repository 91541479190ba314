package audit

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/event"
)

const (
	// withdrawFor is how long a flooding rule stays out.
	withdrawFor = 10 * time.Minute
	// Rules that somebody removed are put back so often in readdWithin, and then left alone until it has passed.
	maxReadds   = 5
	readdWithin = 10 * time.Minute
	// tooLong is for how many checks a rule may exceed its rate, unless it does so tenfold.
	tooLong = 3
)

// ruleState is a rule and what became of it.
type ruleState struct {
	rule      Rule
	wires     [][]byte // one for each ABI
	installed []bool   // by us, as far as we know
	failures  []error
	state     string
	reason    string
	received  atomic.Uint64 // SYSCALL records that the rule explains

	counted        uint64
	countedAt      time.Time
	over           int
	withdrawnUntil time.Time
	withdrawnAt    float64 // records a second
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
	readd := missing == 0 || s.mayReadd(now)
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
		{"task", before.silenceTasks, s.others.silenceTasks}, {"never", before.never, s.others.never},
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

func (s *Live) mayReadd(now time.Time) bool {
	recent := s.readds[:0]
	for _, t := range s.readds {
		if now.Sub(t) < readdWithin {
			recent = append(recent, t)
		}
	}
	s.readds = recent
	if len(recent) >= maxReadds {
		return false
	}
	s.readds = append(s.readds, now)
	return true
}

// capRates finds rules that flood another owner's log. It says whether one has to go or may come back.
func (s *Live) capRates(now time.Time) bool {
	change := false
	for _, r := range s.rules {
		if !r.withdrawnUntil.IsZero() && now.After(r.withdrawnUntil) {
			r.withdrawnUntil, change = time.Time{}, true
		}
		count, since := r.received.Load(), now.Sub(r.countedAt).Seconds()
		rate := float64(count-r.counted) / max(since, 0.001)
		first := r.countedAt.IsZero()
		r.counted, r.countedAt = count, now
		limit := float64(s.opt.RateCap)
		switch {
		case first || s.mode == modeUnicast || rate <= limit:
			r.over = 0
			continue
		case rate <= 10*limit && r.over+1 < tooLong:
			r.over++
			continue
		}
		r.over, r.withdrawnAt, r.withdrawnUntil, change = 0, rate, now.Add(withdrawFor), true
		s.opt.Logger.Warn("audit rule withdrawn", "rule", r.rule.Name, "records_per_second", int(rate))
		s.tell(&event.AuditChange{Action: own.Withdrawn, Key: Key, Setting: r.rule.Name, Value: strconv.Itoa(int(rate)), Old: "everybody"})
	}
	return change
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
