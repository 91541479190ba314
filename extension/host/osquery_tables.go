package host

import (
	"bufio"
	"context"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	gopsutilhost "github.com/shirou/gopsutil/v3/host"
	gopsutilmem "github.com/shirou/gopsutil/v3/mem"

	"github.com/apiwatch/apiwatch/tables"
)

// OsqueryTables gives the tables of osquery's own that packs join with, under osquery's names and types. They are for
// this host alone: registered with osqueryd, one of them would keep out the whole extension.
func OsqueryTables() []Backend {
	return []Backend{osqueryInfo(time.Now()), processes(), systemInfo(), timeTable(time.Now), users(accountsFile())}
}

// accountsFile is the system's list of accounts; "" on Windows, where a file of that path could be anybody's.
func accountsFile() string {
	if runtime.GOOS == "windows" {
		return ""
	}
	return "/etc/passwd"
}

// osqueryTable is a table of osquery's with rows of type R.
type osqueryTable[R any] struct {
	name    string
	columns []osqueryColumn[R]
	rows    func(ctx context.Context, q *tables.Query) (iter.Seq2[int64, R], error)
}

type osqueryColumn[R any] struct {
	tables.Column
	value func(R) Value
}

func (t *osqueryTable[R]) Name() string { return t.name }

func (t *osqueryTable[R]) Columns() []tables.Column {
	out := make([]tables.Column, len(t.columns))
	for i, c := range t.columns {
		out[i] = c.Column
	}
	return out
}

func (t *osqueryTable[R]) Generate(ctx context.Context, q *tables.Query) (iter.Seq[tables.Row], error) {
	rows, err := t.rows(ctx, q)
	if err != nil {
		return nil, err
	}
	return func(yield func(tables.Row) bool) {
		for id, r := range rows {
			if !yield(osqueryRow[R]{t, r, id}) {
				return
			}
		}
	}, nil
}

type osqueryRow[R any] struct {
	table *osqueryTable[R]
	row   R
	id    int64
}

func (r osqueryRow[R]) Value(i int) Value { return r.table.columns[i].value(r.row) }
func (r osqueryRow[R]) RowID() int64      { return r.id }

func text[R any](name, description string, get func(R) string) osqueryColumn[R] {
	return osqueryColumn[R]{tables.Column{Name: name, Description: description, Type: tables.Text}, func(r R) Value {
		return textValue(get(r))
	}}
}

func bigint[R any](name, description string, get func(R) int64) osqueryColumn[R] {
	return osqueryColumn[R]{tables.Column{Name: name, Description: description, Type: tables.BigInt}, func(r R) Value {
		return integerValue(get(r))
	}}
}

func integer[R any](name, description string, get func(R) int64) osqueryColumn[R] {
	c := bigint(name, description, get)
	c.Type = tables.Integer
	return c
}

// known is a BIGINT that is NULL where get does not know it.
func known[R any](name, description string, get func(R) (int64, bool)) osqueryColumn[R] {
	return osqueryColumn[R]{tables.Column{Name: name, Description: description, Type: tables.BigInt}, func(r R) Value {
		if n, ok := get(r); ok {
			return integerValue(n)
		}
		return Value{}
	}}
}

// one is a table of one row.
func one[R any](row R) func(context.Context, *tables.Query) (iter.Seq2[int64, R], error) {
	return func(context.Context, *tables.Query) (iter.Seq2[int64, R], error) {
		return func(yield func(int64, R) bool) { yield(0, row) }, nil
	}
}

func timeTable(now func() time.Time) Backend {
	type when = time.Time
	return &osqueryTable[when]{
		name: "time",
		columns: []osqueryColumn[when]{
			text("weekday", "Current weekday in UTC.", func(t when) string { return t.Weekday().String() }),
			integer("year", "Current year in UTC.", func(t when) int64 { return int64(t.Year()) }),
			integer("month", "Current month in UTC.", func(t when) int64 { return int64(t.Month()) }),
			integer("day", "Current day in UTC.", func(t when) int64 { return int64(t.Day()) }),
			integer("hour", "Current hour in UTC.", func(t when) int64 { return int64(t.Hour()) }),
			integer("minutes", "Current minutes in UTC.", func(t when) int64 { return int64(t.Minute()) }),
			integer("seconds", "Current seconds in UTC.", func(t when) int64 { return int64(t.Second()) }),
			text("timezone", "Timezone of the reported time, UTC.", func(when) string { return "UTC" }),
			text("local_timezone", "The system's own timezone.", func(t when) string { z, _ := t.Local().Zone(); return z }),
			integer("unix_time", "Current time, Unix seconds.", func(t when) int64 { return t.Unix() }),
			text("timestamp", "Current time as the log line writes it.", func(t when) string { return t.Format("Mon Jan _2 15:04:05 2006 UTC") }),
			text("datetime", "Current time, ISO 8601.", func(t when) string { return t.Format("2006-01-02T15:04:05Z") }),
			text("iso_8601", "Current time, ISO 8601.", func(t when) string { return t.Format("2006-01-02T15:04:05Z") }),
		},
		rows: func(ctx context.Context, q *tables.Query) (iter.Seq2[int64, when], error) {
			return one(now().UTC())(ctx, q)
		},
	}
}

func osqueryInfo(started time.Time) Backend {
	mask := map[string]int64{"linux": 1 | 8, "darwin": 1 | 4 | 16, "windows": 2, "freebsd": 1 | 4 | 32}
	type none = struct{}
	return &osqueryTable[none]{
		name: "osquery_info",
		columns: []osqueryColumn[none]{
			integer("pid", "Process id of this host.", func(none) int64 { return int64(os.Getpid()) }),
			text("uuid", "Unique id of the system.", func(none) string { return hostInfo().HostID }),
			text("instance_id", "Unique id of this run; empty here.", func(none) string { return "" }),
			text("version", "The osquery that this host follows.", func(none) string { return OsqueryVersion }),
			text("config_hash", "Hash of the configuration; empty here.", func(none) string { return "" }),
			integer("config_valid", "1 if the configuration is loaded and sound.", func(none) int64 { return 1 }),
			text("extensions", "State of extensions.", func(none) string { return "inactive" }),
			text("build_platform", "Operating system of the build.", func(none) string { return runtime.GOOS }),
			text("build_distro", "Who built it: always apiwatch, by which a query can tell this host from osqueryd.", func(none) string { return "apiwatch" }),
			integer("start_time", "When the process started, Unix seconds.", func(none) int64 { return started.Unix() }),
			integer("watcher", "Process id of the watcher, -1 for none.", func(none) int64 { return -1 }),
			integer("platform_mask", "osquery's bits of the platform.", func(none) int64 { return mask[runtime.GOOS] }),
		},
		rows: one(none{}),
	}
}

// hostInfo is the machine's description, with empty fields where it cannot be had.
func hostInfo() *gopsutilhost.InfoStat {
	info, err := gopsutilhost.Info()
	if err != nil || info == nil {
		return &gopsutilhost.InfoStat{}
	}
	return info
}

func systemInfo() Backend {
	type none = struct{}
	hardware := func(column, name string) osqueryColumn[none] {
		return text(column, "DMI "+name+"; empty where it cannot be read.", func(none) string { return dmi(name) })
	}
	first := func() cpu.InfoStat {
		if c, err := cpu.Info(); err == nil && len(c) > 0 {
			return c[0]
		}
		return cpu.InfoStat{}
	}
	cores := func(logical bool) int64 {
		n, err := cpu.Counts(logical)
		if err != nil {
			return -1
		}
		return int64(n)
	}
	hostname := func(none) string { h, _ := os.Hostname(); return h }
	return &osqueryTable[none]{
		name: "system_info",
		columns: []osqueryColumn[none]{
			text("hostname", "Network hostname.", hostname),
			text("uuid", "Unique id of the system.", func(none) string { return hostInfo().HostID }),
			text("cpu_type", "CPU type.", func(none) string { return hostInfo().KernelArch }),
			text("cpu_subtype", "CPU model number.", func(none) string { return first().Model }),
			text("cpu_brand", "CPU brand.", func(none) string { return first().ModelName }),
			integer("cpu_physical_cores", "Physical cores.", func(none) int64 { return cores(false) }),
			integer("cpu_logical_cores", "Logical cores.", func(none) int64 { return cores(true) }),
			text("cpu_microcode", "Microcode version.", func(none) string { return first().Microcode }),
			bigint("physical_memory", "Physical memory in bytes.", func(none) int64 {
				m, err := gopsutilmem.VirtualMemory()
				if err != nil {
					return -1
				}
				return int64(m.Total)
			}),
			hardware("hardware_vendor", "sys_vendor"),
			hardware("hardware_model", "product_name"),
			hardware("hardware_version", "product_version"),
			hardware("hardware_serial", "product_serial"),
			hardware("board_vendor", "board_vendor"),
			hardware("board_model", "board_name"),
			hardware("board_version", "board_version"),
			hardware("board_serial", "board_serial"),
			text("computer_name", "Friendly name of the computer.", hostname),
			text("local_hostname", "Local hostname.", hostname),
		},
		rows: one(none{}),
	}
}

// dmi reads a field that Linux publishes of the firmware's tables; empty on other systems.
func dmi(name string) string {
	b, err := os.ReadFile(filepath.Join("/sys/class/dmi/id", name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// account is a line of passwd(5).
type account struct {
	name, gecos, home, shell string
	uid, gid                 int64
}

// users lists the accounts of a passwd file; where there is none, as on Windows, the table is empty.
func users(path string) Backend {
	return &osqueryTable[account]{
		name: "users",
		columns: []osqueryColumn[account]{
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
