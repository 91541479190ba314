package winproc_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apiwatch/apiwatch/collectors/winproc"
)

// slowNames is a system whose domain controller takes its time.
type slowNames struct {
	*fake
	takes time.Duration
	asked atomic.Int64
}

func (s *slowNames) Account(sid string) (string, error) {
	s.asked.Add(1)
	time.Sleep(s.takes)
	return s.fake.Account(sid)
}

// A name that is slow to be had keeps nobody waiting, and is there for who asks later.
func TestAccountsWaitForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sys := &slowNames{fake: system(), takes: 30 * time.Second}
		h := winproc.NewHost(sys, "pc")
		user := func(pid int64) string {
			p, ok := h.Snapshot(pid)
			if !ok {
				t.Fatal("no process")
			}
			return p.User
		}
		begin := time.Now()
		for range 100 {
			if got := user(900); got != "" {
				t.Errorf("%q is not to be had yet", got)
			}
		}
		if took := time.Since(begin); took > 250*time.Millisecond || sys.asked.Load() != 1 {
			t.Errorf("a hundred questions took %v and %d look-ups", took, sys.asked.Load())
		}
		time.Sleep(time.Minute)
		begin = time.Now()
		if got := user(900); got != `NT AUTHORITY\SYSTEM` || time.Since(begin) != 0 {
			t.Errorf("later it is %q after %v", got, time.Since(begin))
		}
		// Many unknown names do not pile up questions, and one without an answer is asked for again after a while.
		sys.find(900).token.UserSID = "S-1-5-21-9"
		for i := range 20 {
			sys.find(1000).token.UserSID = fmt.Sprintf("S-1-5-21-%d", i)
			user(1000)
		}
		if n := sys.asked.Load(); n != 1+4 {
			t.Errorf("%d questions were asked, want 4 at once", n-1)
		}
		time.Sleep(time.Minute)
		before := sys.asked.Load()
		user(900)
		time.Sleep(time.Minute)
		user(900)
		if n := sys.asked.Load() - before; n != 1 {
			t.Errorf("%d questions for a name that there is not", n)
		}
		time.Sleep(11 * time.Minute)
		user(900)
		if n := sys.asked.Load() - before; n != 2 {
			t.Errorf("%d questions after ten minutes, want 2", n)
		}
		time.Sleep(time.Minute)
	})
}
