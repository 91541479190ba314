package bpf

// Bits of a watched name: program/watch.h.
const (
	ownProc = 1 << iota
	otherProc
	anyFile
	socketFile
)

// nameSize is how long a watched name may be, its NUL included.
const nameSize = 32

// procNames are files of processes whose opening is told. The own ones of which everybody reads are left out; opening any file under
// /proc to write is told in any case.
var procNames = map[string]uint32{
	"mem": ownProc | otherProc, "maps": ownProc | otherProc, "status": ownProc | otherProc, "smaps": otherProc, "smaps_rollup": otherProc,
	"numa_maps": otherProc, "environ": otherProc, "auxv": otherProc, "pagemap": otherProc, "syscall": otherProc, "stack": otherProc,
	"fd": otherProc, "fdinfo": otherProc, "map_files": otherProc,
}

// socketNames are sockets that tell what is wanted of them: screens, sound and containers.
var socketNames = []string{
	"X0", "X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "native", "pipewire-0", "docker.sock", "containerd.sock", "crio.sock",
	"podman.sock",
}

// devices are those whose opening is told, by their major and minor numbers; -1 stands for any (Documentation/admin-guide/devices.txt).
var devices = [][2]int64{
	{81, -1},       // video4linux
	{13, -1},       // input
	{116, -1},      // ALSA
	{14, -1},       // OSS
	{1, 1}, {1, 2}, // mem, kmem
	{1, 4},    // port
	{10, 223}, // uinput
}
