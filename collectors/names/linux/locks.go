package linux

import "github.com/apiwatch/apiwatch/collectors/names"

// Flags of shmat's for memory that may not be written to, and that may be executed.
const (
	ShmReadOnly = 0o10000
	ShmExec     = 0o100000
)

// ShmFlags names the flags of shmat(2) (include/uapi/linux/shm.h).
func ShmFlags(v uint64) string {
	return names.Flags(v, []named{{ShmReadOnly, "SHM_RDONLY"}, {0o20000, "SHM_RND"}, {0o40000, "SHM_REMAP"}, {ShmExec, "SHM_EXEC"}}, "0")
}

// FlockOperation names what flock(2) does.
func FlockOperation(v uint64) string {
	return names.Flags(v, []named{{1, "LOCK_SH"}, {2, "LOCK_EX"}, {4, "LOCK_NB"}, {8, "LOCK_UN"}}, "0")
}

var fcntlCommands = map[uint64]string{
	5: "F_GETLK", 6: "F_SETLK", 7: "F_SETLKW", 13: "F_SETLK64", 14: "F_SETLKW64", 36: "F_OFD_GETLK", 37: "F_OFD_SETLK", 38: "F_OFD_SETLKW",
}

// FcntlCommand names the commands of fcntl(2) that lock.
func FcntlCommand(v uint64) string {
	if name := fcntlCommands[v]; name != "" {
		return name
	}
	return names.Int(v)
}

var lockTypes = [...]string{"F_RDLCK", "F_WRLCK", "F_UNLCK"}

// LockType names the type of a lock of fcntl(2).
func LockType(v uint16) string {
	if int(v) < len(lockTypes) {
		return lockTypes[v]
	}
	return names.Int(uint64(v))
}
