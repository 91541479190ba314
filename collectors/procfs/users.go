package procfs

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"
)

const (
	usersInterval = 5 * time.Second // how often passwd's size and time are looked at, at most
	maxUsers      = 1 << 16
	maxPasswd     = 8 << 20 // bytes
)

// Users names user ids by a passwd file (passwd(5)), which is read again when it has changed. It is safe for
// concurrent use.
type Users struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	names   map[int64]string
	checked time.Time
	size    int64
	modTime time.Time
}

// NewUsers names users by the file at path, "/etc/passwd" if that is "".
func NewUsers(path string) *Users {
	if path == "" {
		path = "/etc/passwd"
	}
	return &Users{path: path, now: time.Now}
}

// Name gives the name of a user id, "" if it has none. Of two names the first in the file counts, as for getpwuid(3).
func (u *Users) Name(uid int64) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now := u.now(); u.checked.IsZero() || now.Sub(u.checked) >= usersInterval || now.Before(u.checked) {
		u.checked = now
		u.refresh()
	}
	return u.names[uid]
}

// refresh keeps the names it has where the file cannot be read: passwd is replaced by renaming, so that is an exception.
func (u *Users) refresh() {
	fi, err := os.Stat(u.path)
	if err != nil || !fi.Mode().IsRegular() {
		return
	}
	if u.names != nil && fi.Size() == u.size && fi.ModTime().Equal(u.modTime) {
		return
	}
	f, err := os.Open(u.path)
	if err != nil {
		return
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPasswd))
	if err != nil {
		return
	}
	u.names, u.size, u.modTime = ParsePasswd(b), fi.Size(), fi.ModTime()
}

// ParsePasswd gives the names of user ids, at most 65,536; lines of another form are left out.
func ParsePasswd(b []byte) map[int64]string {
	names := make(map[int64]string)
	for line := range bytes.Lines(b) {
		name, rest, ok := bytes.Cut(line, []byte{':'})
		if !ok || len(name) == 0 || name[0] == '#' || name[0] == '+' || name[0] == '-' {
			continue
		}
		_, rest, _ = bytes.Cut(rest, []byte{':'})
		digits, _, ok := bytes.Cut(rest, []byte{':'})
		uid, number := parseUint(digits, 10)
		if !ok || !number || uid >= 1<<32-1 {
			continue
		}
		if _, known := names[int64(uid)]; known {
			continue
		}
		if len(names) == maxUsers {
			break
		}
		names[int64(uid)] = string(name)
	}
	return names
}
