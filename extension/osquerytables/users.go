package osquerytables

import (
	"bufio"
	"context"
	"iter"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
	"github.com/apiwatch/apiwatch/tables"
)

// accountsFile is the system's list of accounts; "" on Windows, where a file of that path could be anybody's.
func accountsFile() string {
	if runtime.GOOS == "windows" {
		return ""
	}
	return "/etc/passwd"
}

// account is a line of passwd(5).
type account struct {
	name, gecos, home, shell string
	uid, gid                 int64
}

// users lists the accounts of a passwd file; where there is none, as on Windows, the table is empty.
func users(path string) sqlhost.Backend {
	return &table[account]{
		name: "users",
		columns: []column[account]{
			bigint("uid", "User id.", func(a account) int64 { return a.uid }),
			bigint("gid", "Group id.", func(a account) int64 { return a.gid }),
			bigint("uid_signed", "User id as a signed 32-bit number.", func(a account) int64 { return int64(int32(a.uid)) }),
			bigint("gid_signed", "Group id as a signed 32-bit number.", func(a account) int64 { return int64(int32(a.gid)) }),
			text("username", "Name of the account.", func(a account) string { return a.name }),
			text("description", "Full name or comment.", func(a account) string { return a.gecos }),
			text("directory", "Home directory.", func(a account) string { return a.home }),
			text("shell", "Login shell.", func(a account) string { return a.shell }),
			text("uuid", "UUID of the account on macOS; empty here.", func(account) string { return "" }),
		},
		rows: func(context.Context, *tables.Query) (iter.Seq2[int64, account], error) {
			f, err := os.Open(path)
			if err != nil {
				return func(func(int64, account) bool) {}, nil //nolint:nilerr // no such file, no accounts
			}
			return func(yield func(int64, account) bool) {
				defer f.Close()
				lines := bufio.NewScanner(f)
				for n := int64(0); lines.Scan(); n++ {
					if a, ok := parseAccount(lines.Text()); ok && !yield(n, a) {
						return
					}
				}
			}, nil
		},
	}
}

func parseAccount(line string) (account, bool) {
	f := strings.Split(line, ":")
	if len(f) != 7 || strings.HasPrefix(line, "#") {
		return account{}, false
	}
	uid, err1 := strconv.ParseUint(f[2], 10, 32)
	gid, err2 := strconv.ParseUint(f[3], 10, 32)
	if err1 != nil || err2 != nil {
		return account{}, false
	}
	return account{name: f[0], gecos: f[4], home: f[5], shell: f[6], uid: int64(uid), gid: int64(gid)}, true
}
