package audit

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/audit/own"
	"github.com/apiwatch/apiwatch/collectors/audit/runs"
	"github.com/apiwatch/apiwatch/collectors/event"
)

const (
	immutable = 2 // enabled=2: nothing can be changed until a reboot
	panics    = 2 // failure=2: a lost record stops the machine

	// waitTime is how long the kernel may hold up a call whose record finds the backlog full, in the kernel's ticks: 50 to 500 ms. A flood
	// then waits for us to read, where else the kernel would throw everybody's records away. No call waits longer, whatever becomes of us.
	waitTime = 50

	// yieldFor is how long the seat stays free for one who wanted it: systemd starts a failed auditd anew within seconds.
	yieldFor = 30 * time.Second
	// recordsAfter is how long a record of who removed a rule may take.
	recordsAfter = 2 * maxAgeMS * time.Millisecond
	// maxReenable is how often auditing is switched on again after somebody switched it off.
	maxReenable = 5
)

// enter takes the seat if it is free and may be taken, and else joins the multicast group.
func (s *Live) enter() error {
	if why := s.seatBarred(); why != "" {
		return s.join(why)
	}
	err := s.takeSeat()
	if err == nil {
		return nil
	}
	s.problem("taking the audit seat", err)
	return s.join("the audit seat could not be taken")
}

// seatBarred says why we must not take the seat, "" if we may.
func (s *Live) seatBarred() string {
	switch {
	case s.last.Enabled == immutable:
		return "audit is immutable until the next boot (enabled=2): no rule can be added, only what the present rules bring is read"
	case s.last.Failure == panics:
		return "a lost audit record would stop this machine (failure=2): no rule is added, only what the present rules bring is read"
	case s.last.PID != 0 && int(s.last.PID) != os.Getpid() && runs.Alive(s.last.PID):
		return fmt.Sprintf("%s (pid %d) owns the audit seat: reading beside it, with rules as --audit-share=%s allows", runs.Comm(s.last.PID),
			s.last.PID, s.opt.Share)
	}
	return ""
}

// join reads the multicast group.
func (s *Live) join(why string) error {
	if err := s.receiver.Join(unix.AUDIT_NLGRP_READLOG); errors.Is(err, unix.EPERM) {
		return errors.New("CAP_AUDIT_READ is missing: " + why)
	} else if err != nil {
		return fmt.Errorf("joining the audit multicast group: %w", err)
	}
	s.mode, s.reason, s.owner = modeMulticast, why, s.last.PID
	s.opt.Logger.Info("audit is read beside its owner", "reason", why)
	return nil
}

// takeSeat makes us the owner: the former settings are saved first, then ours are set.
func (s *Live) takeSeat() error {
	ours := map[string]uint32{"enabled": 1, "rate_limit": 0, "backlog_wait_time": waitTime, "backlog_limit": uint32(s.opt.Backlog)}
	if now := s.last.BacklogLimit; now == 0 || now > ours["backlog_limit"] {
		ours["backlog_limit"] = now // 0 is no limit
	}
	state := &runs.Saved{BootID: runs.BootID(), PID: os.Getpid(), Started: runs.StartTime("self"), Former: make(map[string]uint32), Ours: ours}
	for _, set := range settings {
		value := *set.of(&s.last)
		// Settings of ours that still stand from before we gave the seat away are not the machine's own.
		if s.saved != nil && s.saved.Ours[set.name] == value {
			value = s.saved.Former[set.name]
		}
		state.Former[set.name] = value
	}
	if err := state.Save(s.opt.StateDir); err != nil {
		return err
	}
	s.saved = state
	err := s.applySettings(ours, "backlog_limit", "backlog_wait_time", "rate_limit")
	if err == nil {
		// The kernel sends the records to the very socket that this order comes from. It has carried the order out, or refused
		// it, when Send returns; the status tells which.
		err = s.receiver.Send(message(unix.AUDIT_SET, unix.NLM_F_REQUEST, 1, statusMessage(unix.AUDIT_STATUS_PID, wordPID, uint32(os.Getpid()))))
	}
	if err == nil {
		s.last, err = s.control.status()
	}
	if err == nil && int(s.last.PID) != os.Getpid() {
		err = fmt.Errorf("the kernel gave it to pid %d", s.last.PID)
	}
	if err == nil {
		err = s.applySettings(ours, "enabled")
	}
	if err != nil {
		return errors.Join(err, s.leave())
	}
	if s.last, err = s.control.status(); err != nil {
		return errors.Join(err, s.leave())
	}
	s.mode, s.reason, s.owner = modeUnicast, "", uint32(os.Getpid())
	s.opt.Logger.Info("audit seat taken", "backlog_limit", s.last.BacklogLimit)
	return nil
}

func (s *Live) applySettings(values map[string]uint32, names ...string) error {
	for _, name := range names {
		for _, set := range settings {
			if set.name != name || *set.of(&s.last) == values[name] {
				continue
			}
			if err := s.control.set(set, values[name]); err != nil {
				return err
			}
			*set.of(&s.last) = values[name]
		}
	}
	return nil
}

// restore puts back each setting that still has the value we gave it. Auditing stays on if another process owns the seat
// by now: it would have switched it on itself.
func restore(c *control, state *runs.Saved, owned bool) error {
	now, err := c.status()
	if err != nil {
		return err
	}
	var errs []error
	for _, set := range settings {
		former, ours, current := state.Former[set.name], state.Ours[set.name], *set.of(&now)
		if current != ours || current == former || set.name == "enabled" && owned {
			continue
		}
		errs = append(errs, c.set(set, former))
	}
	return errors.Join(errs...)
}

// leave puts back the settings and gives up the seat, if we have it.
func (s *Live) leave() error {
	now, err := s.control.status()
	if err != nil {
		return err
	}
	own := int(now.PID) == os.Getpid()
	var errs []error
	if s.saved != nil {
		err := restore(s.control, s.saved, now.PID != 0 && !own && runs.Alive(now.PID))
		if err == nil {
			err = runs.Remove(s.opt.StateDir)
			s.saved = nil
		}
		errs = append(errs, err)
	}
	if own {
		errs = append(errs, s.control.releaseSeat())
	}
	return errors.Join(errs...)
}

// cleanUp undoes what a run that was killed left behind: its settings from its state file, and its rules by their key.
func (s *Live) cleanUp() error {
	var errs []error
	state, err := runs.Load(s.opt.StateDir)
	switch {
	case err != nil:
		errs = append(errs, err)
	case state == nil:
	case state.BootID != runs.BootID():
		errs = append(errs, runs.Remove(s.opt.StateDir))
	case state.Started != 0 && state.Started == runs.StartTime(strconv.Itoa(state.PID)):
		// Another apiwatch lives and will put its own back.
	default:
		owned := s.last.PID != 0 && runs.Alive(s.last.PID)
		if err := restore(s.control, state, owned); err != nil {
			errs = append(errs, err)
			s.saved = state // the true former values: kept for our own end
			break
		}
		s.opt.Logger.Info("audit settings of a killed run put back", "pid", state.PID)
		errs = append(errs, runs.Remove(s.opt.StateDir))
	}
	known, err := runs.All(s.opt.StateDir)
	if err != nil {
		errs = append(errs, err)
	}
	for pid, o := range known {
		if o.Lives() && pid != os.Getpid() {
			continue
		}
		if o.BootID == runs.BootID() && pid != os.Getpid() {
			s.killed = append(s.killed, o)
		}
		errs = append(errs, runs.Withdraw(s.opt.StateDir, pid))
	}
	if s.last.Enabled == immutable {
		return errors.Join(errs...)
	}
	rules, err := s.control.rules()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, wire := range rules {
		r, err := decodeRule(wire)
		if err != nil || r.key != Key || !runs.LeftOver(known, r.notPID) {
			continue
		}
		if err := s.control.removeRule(wire); err != nil && !errors.Is(err, unix.ENOENT) { // another apiwatch may have been quicker
			errs = append(errs, fmt.Errorf("removing a rule of a killed run: %w", err))
			continue
		}
		s.counts.leftovers++
	}
	return errors.Join(errs...)
}

// keep looks after the seat, the settings and the rules until Close.
func (s *Live) keep() {
	tick := time.NewTicker(s.opt.every)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		case <-s.urgent:
		case <-s.nudge:
			select {
			case <-s.stop:
				return
			case <-s.urgent:
			case <-time.After(settle):
			}
		}
		if s.check(time.Now()) {
			tick.Reset(s.opt.every / 6) // what fills the backlog is found soon
		} else {
			tick.Reset(s.opt.every)
		}
	}
}

// check says whether the kernel's backlog is full.
func (s *Live) check(now time.Time) (pressed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.control.status()
	if err != nil {
		s.problem("checking", err)
		return false
	}
	before := s.last
	s.last = st
	// Without an owner the kernel prints the records, and calls lost what it may not print; the group gets them all the same.
	if lost := uint64(st.Lost - before.Lost); before.PID != 0 && st.PID != 0 {
		s.lost += lost
		s.tellLost("backlog", lost)
	} else {
		s.unowned += lost
	}
	if n := s.receiver.Stats().Overruns; n > s.overruns {
		s.tellLost("receive_buffer", n-s.overruns)
		s.overruns = n
	}
	if s.removed > 0 && now.Sub(s.removedAt) > recordsAfter {
		s.tell(&event.AuditChange{Action: own.Removed, Key: Key, Value: strconv.Itoa(s.removed)})
		s.removed = 0
	}
	s.pressed = st.Lost != before.Lost || st.BacklogLimit > 0 && st.Backlog > st.BacklogLimit/2
	self := uint32(os.Getpid())
	rulesNow := s.capRates(now)
	switch s.mode {
	case modeUnicast:
		switch {
		case st.PID == self && s.challenger != 0:
			s.yield(now)
			rulesNow = true
		case st.PID == self:
			s.keepEnabled(st)
		case st.PID != 0 && runs.Alive(st.PID):
			s.opt.Logger.Warn("audit seat was taken from us", "owner", st.PID)
			if err := s.join(s.seatBarred()); err != nil {
				s.problem("leaving the seat", err)
			}
			rulesNow = true
		default: // the kernel gave us up, as it does with an owner who does not read for a while
			s.counts.reseated++
			if err := s.takeSeat(); err != nil {
				s.problem("taking the audit seat again", err)
				s.reason = "the audit seat was lost"
			}
		}
	case modeMulticast:
		barred := s.seatBarred()
		switch {
		case barred != "":
			s.reason, s.owner = barred, st.PID
			if st.Enabled == 0 {
				s.reason += "; auditing is off (enabled=0), which its owner has to change"
			}
		case now.Before(s.yieldUntil):
		default:
			if err := s.takeSeat(); err != nil {
				s.problem("taking the audit seat", err)
				s.yieldUntil = now.Add(yieldFor)
				break
			}
			s.counts.reseated++
			_ = s.receiver.Leave(unix.AUDIT_NLGRP_READLOG)
			rulesNow = true
		}
	case modeOff:
	}
	if rulesNow || s.dirty || before.Failure != st.Failure || before.Enabled != st.Enabled || now.Sub(s.listedAt) > 10*s.opt.every {
		s.syncRules(now)
	}
	return s.pressed && s.mode == modeUnicast
}

func (s *Live) tellLost(where string, n uint64) {
	if n > 0 {
		s.tell(&event.AuditChange{Action: own.Lost, Setting: where, Value: strconv.FormatUint(n, 10)})
	}
}

// yield gives the seat to one who asked for it: the administrator who starts auditd wants it to run.
func (s *Live) yield(now time.Time) {
	who := s.challenger
	s.challenger = 0
	if err := s.join(fmt.Sprintf("%s (pid %d) wanted the audit seat: it is left free", runs.Comm(who), who)); err != nil {
		s.problem("giving the seat away", err)
		return
	}
	// Auditing itself stays on, and what we saved stays in the file.
	if err := errors.Join(restore(s.control, s.saved, true), s.control.releaseSeat()); err != nil {
		s.problem("giving the seat away", err)
	}
	s.counts.yielded++
	s.yieldUntil = now.Add(yieldFor)
}

// keepEnabled switches auditing on again if somebody switched it off, but not for ever.
func (s *Live) keepEnabled(st status) {
	switch {
	case st.Enabled != 0:
		s.reason = ""
	case s.counts.reenabled < maxReenable:
		s.counts.reenabled++
		if err := s.applySettings(map[string]uint32{"enabled": 1}, "enabled"); err != nil {
			s.problem("switching auditing on again", err)
		}
	default:
		s.reason = "auditing was switched off again and again (enabled=0): nothing is recorded"
	}
}
