package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/extension/osquerytest"
)

// killsInCI is how often the loop goes round where APIWATCH_KILLS does not say.
const killsInCI = 4

// TestE2EKillLoop ends the extension or its manager again and again, in order and not: each finding that was made is shown by the next
// start as it was, so that osquery's differential results have it once.
func TestE2EKillLoop(t *testing.T) {
	s := onStage(t)
	kills, err := strconv.Atoi(os.Getenv("APIWATCH_KILLS"))
	if err != nil {
		kills = killsInCI
	}
	before, state, socket := freeAudit(t), t.TempDir(), filepath.Join(shortDir(t), "em")
	logged := make(map[string]int) // by finding_id
	last := make(map[string]bool)  // rows of the last query
	differ := func(rows []map[string]string) {
		now := make(map[string]bool)
		for _, row := range rows {
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			if now[string(text)] = true; !last[string(text)] {
				logged[row["finding_id"]]++
			}
		}
		for text := range last {
			if !now[text] {
				t.Errorf("a finding is gone, or is another: %s", text)
			}
		}
		last = now
	}
	made := 0
	for i := range kills {
		manager, p := s.again(t, socket, state)
		db := throughManager(t, manager)
		differ(ask(t, db, "SELECT * FROM findings"))
		acts := s.perform(t, "AN0579")
		made += len(acts)
		all := func() bool {
			rows := ask(t, db, "SELECT * FROM findings WHERE detection = 'AN0579'")
			lines := make([]line, len(rows))
			for i := range rows {
				lines[i].Columns = rows[i]
			}
			return found(acts, lines)
		}
		if !eventually(t, findWithin, all) {
			t.Errorf("round %d: not everything is found", i)
		}
		switch i % 4 {
		case 0: // killed before anybody asked for more
			_ = p.cmd.Process.Kill()
			<-p.ended
			manager.Close()
		case 1:
			differ(ask(t, db, "SELECT * FROM findings"))
			p.stop(syscall.SIGTERM)
			manager.Close()
		case 2: // the manager is killed
			manager.Close()
			p.end(time.Minute)
		case 3:
			if err := manager.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			p.end(time.Minute)
		}
	}
	manager, p := s.again(t, socket, state)
	differ(ask(t, throughManager(t, manager), "SELECT * FROM findings"))
	if err := manager.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	p.end(time.Minute)
	sameAudit(t, before)
	for id, n := range logged {
		if n != 1 {
			t.Errorf("finding %s was reported %d times", id, n)
		}
	}
	if len(logged) < made {
		t.Errorf("%d findings were reported of %d deeds", len(logged), made)
	}
	t.Logf("%d ends, %d findings, each reported once", kills, len(logged))
}

// again starts a manager and the extension over a state folder that earlier ones used.
func (s *stage) again(t *testing.T, socket, state string) (*osquerytest.Host, *program) {
	t.Helper()
	for range seatTries {
		manager, err := osquerytest.Listen(socket, osquerytest.Options{Interval: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(manager.Close)
		p := s.start(t, "--socket", socket, "--timeout", "10", "--interval", "1", "--state-dir", state)
		if !p.collecting() {
			p.stop(syscall.SIGTERM) // a visitor was faster
			manager.Close()
			seatFree(t, len(audited(t).Rules))
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err = manager.Wait(ctx, "apiwatch")
		cancel()
		if err != nil {
			t.Fatalf("%v: %s", err, &p.stderr)
		}
		return manager, p
	}
	t.Fatal("another process took the audit seat again and again")
	return nil, nil
}
