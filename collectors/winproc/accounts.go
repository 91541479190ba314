package winproc

import (
	"sync"
	"time"
)

// accounts names security identifiers. The system may ask a domain controller, which may be slow or away, so nobody waits
// long: a name that comes late is there for the next who asks.
type accounts struct {
	ask func(sid string) (string, error)

	mu    sync.Mutex
	names map[string]*account
	busy  int
}

type account struct {
	name     string
	asked    time.Time
	done     chan struct{} // closed when the system has answered
	answered time.Time
}

// Bounds of asking.
const (
	accountWait  = 200 * time.Millisecond
	accountRetry = 10 * time.Minute // until a name that was not to be had is asked for again
	maxAccounts  = 4096
	maxAsking    = 4 // questions that wait for an answer
)

// name gives the account of a security identifier; "" if it has none, or none in time.
func (a *accounts) name(sid string) string {
	if sid == "" {
		return ""
	}
	a.mu.Lock()
	entry := a.names[sid]
	if entry == nil || entry.stale() {
		if a.busy >= maxAsking {
			a.mu.Unlock()
			return ""
		}
		if a.names == nil || len(a.names) >= maxAccounts {
			a.names = make(map[string]*account)
		}
		entry = &account{asked: time.Now(), done: make(chan struct{})}
		a.names[sid] = entry
		a.busy++
		go a.answer(sid, entry)
	}
	a.mu.Unlock()
	// All who ask share one wait, so that a scan of many processes of one user does not wait for each.
	late := time.NewTimer(accountWait - time.Since(entry.asked))
	defer late.Stop()
	select {
	case <-entry.done:
		return entry.name
	case <-late.C:
	}
	select { // both may be: an answer counts
	case <-entry.done:
		return entry.name
	default:
		return ""
	}
}

func (e *account) stale() bool {
	select {
	case <-e.done:
		return e.name == "" && time.Since(e.answered) > accountRetry
	default:
		return false
	}
}

func (a *accounts) answer(sid string, entry *account) {
	name, err := a.ask(sid)
	if err != nil {
		name = ""
	}
	entry.name, entry.answered = name, time.Now()
	close(entry.done)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy--
}
