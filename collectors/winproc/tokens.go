package winproc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/apiwatch/apiwatch/collectors/event"
)

// HeldToken is a token in use: a process's own, or the one that a thread impersonates by.
type HeldToken struct {
	Process  *event.Process
	ThreadID int64 // 0 for the process's own
	Token    Token
	User     string // name of Token.UserSID
}

// Tokens yields the token of every process and, with threads, those that threads impersonate by; ascending by pid.
func (h *Host) Tokens(ctx context.Context, q Query, threads bool) iter.Seq[HeldToken] {
	return scan(ctx, h, itemTokens, q, false, func(ctx context.Context, s *scanned) ([]HeldToken, error) {
		t, err := s.Token()
		if err != nil {
			return nil, fmt.Errorf("reading the token: %w", err)
		}
		out := []HeldToken{{Process: s.snapshot(), Token: t, User: h.accounts.name(t.UserSID)}}
		if !threads {
			return out, nil
		}
		err = s.threads(ctx, func(_ ThreadEntry, id int64, th Thread) error {
			t, ok, err := th.Token()
			if err == nil && ok {
				out = append(out, HeldToken{Process: s.snapshot(), ThreadID: id, Token: t, User: h.accounts.name(t.UserSID)})
			}
			return err
		})
		return out, err
	})
}

// threads opens the threads of a process one after another. One that has ended or refuses does not stop the others.
func (s *scanned) threads(ctx context.Context, visit func(ThreadEntry, int64, Thread) error) error {
	for _, e := range s.Threads {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		th, err := s.host.sys.Thread(e.ID)
		if err == nil {
			err = visit(e, e.ID, th)
			_ = th.Close()
		}
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, fs.ErrPermission):
			s.status.ThreadsDenied++
		default:
			return fmt.Errorf("reading thread %d: %w", e.ID, err)
		}
	}
	return nil
}
