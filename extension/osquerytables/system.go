package osquerytables

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	gopsutilhost "github.com/shirou/gopsutil/v3/host"
	gopsutilmem "github.com/shirou/gopsutil/v3/mem"

	"github.com/apiwatch/apiwatch/extension/sqlhost"
)

func osqueryInfo(started time.Time) sqlhost.Backend {
	mask := map[string]int64{"linux": 1 | 8, "darwin": 1 | 4 | 16, "windows": 2, "freebsd": 1 | 4 | 32}
	type none = struct{}
	return &table[none]{
		name: "osquery_info",
		columns: []column[none]{
			integer("pid", "Process id of this host.", func(none) int64 { return int64(os.Getpid()) }),
			text("uuid", "Unique id of the system.", func(none) string { return hostInfo().HostID }),
			text("instance_id", "Unique id of this run; empty here.", func(none) string { return "" }),
			text("version", "The osquery that this host follows.", func(none) string { return sqlhost.OsqueryVersion }),
			text("config_hash", "Hash of the configuration; empty here.", func(none) string { return "" }),
			integer("config_valid", "1 if the configuration is loaded and sound.", func(none) int64 { return 1 }),
			text("extensions", "State of extensions.", func(none) string { return "inactive" }),
			text("build_platform", "Operating system of the build.", func(none) string { return runtime.GOOS }),
			text("build_distro", "Who built it: always apiwatch, by which a query can tell this host from osqueryd.",
				func(none) string { return "apiwatch" }),
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

func systemInfo() sqlhost.Backend {
	type none = struct{}
	hardware := func(column, name string) column[none] {
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
	return &table[none]{
		name: "system_info",
		columns: []column[none]{
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
