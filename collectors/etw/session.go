package etw

import (
	"errors"
	"time"
)

// begin starts the session, opens it for reading and asks the providers for their events.
func (s *Live) begin() error {
	handle, err := s.sys.start(s.opt.Session)
	if err != nil {
		return err
	}
	st, err := s.sys.query(s.opt.Session)
	if err == nil && st.id == 0 {
		err = errPretended
	}
	if err == nil {
		err = s.sys.open(s.opt.Session, s.put)
	}
	if err != nil {
		_ = s.sys.stop(s.opt.Session) // the reason why it is of no use is the one to tell
		return err
	}
	s.mu.Lock()
	s.handle, s.last = handle, st
	s.mu.Unlock()
	s.enable(nil)
	s.set("ok", "")
	return nil
}

// enable asks the providers, all or those that only wants, and keeps who refuses.
func (s *Live) enable(only func(r *request) bool) {
	for i := range s.requests {
		r := &s.requests[i]
		if only != nil && !only(r) {
			continue
		}
		err := s.sys.enable(s.handle, r)
		doubt := ""
		if errors.Is(err, errInvalid) {
			if err = s.sys.enable(s.handle, r.unfiltered()); err == nil {
				doubt = "this Windows cannot filter its events by id: they cost more, and have no stacks"
			}
		}
		s.mu.Lock()
		f := s.providers[r.guid]
		f.refused, f.doubt = "", doubt
		if err != nil {
			f.refused = refusal(r.name, err)
		}
		s.mu.Unlock()
		if err != nil {
			s.opt.Logger.Warn("ETW provider is off", "provider", r.name, "error", err)
		}
	}
}

// keep processes the session's events until Close; a session that ends before was stopped by somebody else and is started
// again.
func (s *Live) keep() {
	backoff := firstBackoff
	for {
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- s.sys.process() }()
		err := s.watch(ended)
		if s.closing() {
			return
		}
		if time.Since(began) > longBackoff {
			backoff = firstBackoff
		}
		s.note(err)
		for {
			select {
			case <-s.stopping:
				return
			case <-time.After(min(backoff, 60*s.opt.every)):
			}
			backoff = min(2*backoff, longBackoff)
			if err := s.begin(); err == nil {
				break
			} else {
				s.set("failed", "starting the ETW session again: "+err.Error()+": "+advice(err))
			}
		}
	}
}

// note keeps that the session ended without our doing.
func (s *Live) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stops++
	s.stoppedAt = time.Now()
	s.lost.eventsLost += s.last.eventsLost
	s.lost.realTimeBuffersLost += s.last.realTimeBuffersLost
	s.lost.logBuffersLost += s.last.logBuffersLost
	s.last = sessionStats{}
	s.state, s.reason = "failed", "the session was stopped by another program"
	if err != nil {
		s.reason = "reading the session: " + err.Error()
	}
	s.opt.Logger.Warn("ETW session ended", "session", s.opt.Session, "reason", s.reason)
}

// watch looks after the session until its events end.
func (s *Live) watch(ended <-chan error) error {
	tick := time.NewTicker(s.opt.every)
	defer tick.Stop()
	verified := time.Now()
	for {
		select {
		case err := <-ended:
			return err
		case <-s.stopping:
			s.sys.close()
			return <-ended
		case <-tick.C:
		}
		st, err := s.sys.query(s.opt.Session)
		if errors.Is(err, errNoInstance) { // gone, though its reader has not heard of it
			s.sys.close()
			return <-ended
		}
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.last = st
		s.mu.Unlock()
		if time.Since(verified) >= min(verifyEvery, 6*s.opt.every) {
			verified = time.Now()
			s.verify(st.id)
		}
	}
}

// verify asks again what somebody has disabled: a session without providers is as good as stopped, and nothing says so. It gives up
// on one that is not enabled however often it is asked.
func (s *Live) verify(session uint16) {
	s.enable(func(r *request) bool {
		f := s.providers[r.guid]
		s.mu.Lock()
		skip := f.refused != "" || f.asked >= maxAsked
		s.mu.Unlock()
		if skip {
			return false
		}
		raw, err := s.sys.enabled(r.guid)
		if err != nil {
			return false
		}
		on, err := enabledFor(raw, session, r.level, r.keywords)
		if err != nil {
			return false
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if on {
			f.asked = 0
			return false
		}
		s.disabled++
		s.stoppedAt = time.Now()
		f.asked++
		s.opt.Logger.Warn("ETW provider was disabled by another program", "provider", r.name)
		return true
	})
}
