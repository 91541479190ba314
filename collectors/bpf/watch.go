package bpf

import (
	"maps"
	"slices"

	"github.com/apiwatch/apiwatch/collectors/names/linux"
)

// filter says what must hold for a watched call to be told: enum filter of program/watch.h.
type filter uint8

const (
	always filter = iota + 1
	anyBit
	notNull
	ptraceRequest
	bpfCommand
	mapped
	protected
	opens
	kills
	sleeps
	locks
	recordLocks
	connects
	unlinks
	impliesExec
	newNamespaces
	clock
	controls
	fails
	equals
)

// Bits of watch.flags.
const (
	succeeds = 1 << iota
	byResult
	byMount
	byPidfd
)

// Class is of calls that share a process's limit.
type class uint8

const (
	classProcess class = iota
	classTrace
	classMemory
	classOpen
	classFile
	classCredentials
	classNamespace
	classKernel
	classNetwork
	classSignal
	classSleep
	classLock
	classClock
	classOther
	classes
)

// classNames are for people, in the order above.
var classNames = [classes]string{
	"process", "trace", "memory", "open", "file", "credentials", "namespace", "kernel", "network", "signal", "sleep", "lock", "clock", "other",
}

// watch is struct watch of program/watch.h: how a call is filtered and what is gathered of it. Places of arguments count from 1, 0 is none;
// that of the filter's counts from 0.
type watch struct {
	filter        filter
	class         class
	arg           uint8
	fd            uint8
	path, dir     uint8
	path2, dir2   uint8
	text          uint8
	pointed, size uint8
	address       uint8
	distinct      uint8
	flags         uint8
	mask          uint32
}

// noArg is no argument's place.
const noArg = 6

const setIDBits = 0o6000

// Flags of mount(2) by which nothing is mounted anew: MS_REMOUNT, MS_MOVE, MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE and MS_SHARED.
const noNewMount = 1<<5 | 1<<13 | 1<<17 | 1<<18 | 1<<19 | 1<<20

// watched lists the calls that are told, by their 64-bit names.
var watched = func() map[string]watch {
	all := map[string]watch{
		"execve":   {filter: fails, class: classProcess, path: 1},
		"execveat": {filter: fails, class: classProcess, path: 2, dir: 1},
		"setsid":   {filter: always, class: classProcess, flags: succeeds},
		"prctl":    {filter: equals, class: classProcess, mask: 35}, // PR_SET_MM: what /proc says of arguments and program

		"ptrace":            {filter: ptraceRequest, class: classTrace, distinct: 2},
		"process_vm_readv":  {filter: always, class: classTrace, pointed: 4, size: 16, distinct: 1},
		"process_vm_writev": {filter: always, class: classTrace, pointed: 4, size: 16, distinct: 1},
		"pidfd_getfd":       {filter: always, class: classTrace, fd: 1, flags: byPidfd, distinct: 1},

		"mmap":          {filter: mapped, class: classMemory, fd: 5, distinct: 3},
		"mmap2":         {filter: mapped, class: classMemory, fd: 5, distinct: 3},
		"mprotect":      {filter: protected, class: classMemory, distinct: 3},
		"pkey_mprotect": {filter: protected, class: classMemory, distinct: 3},
		"shmat":         {filter: anyBit, class: classMemory, arg: 2, mask: linux.ShmExec, distinct: 1},
		"personality":   {filter: impliesExec, class: classMemory, distinct: 1},
		"memfd_create":  {filter: always, class: classMemory, text: 1, flags: byResult},

		"open":              {filter: opens, class: classOpen, arg: 1, path: 1, flags: byResult},
		"openat":            {filter: opens, class: classOpen, arg: 2, path: 2, dir: 1, flags: byResult},
		"openat2":           {filter: opens, class: classOpen, arg: noArg, path: 2, dir: 1, pointed: 3, size: 8, flags: byResult},
		"creat":             {filter: opens, class: classOpen, arg: noArg, path: 1, flags: byResult},
		"open_by_handle_at": {filter: opens, class: classOpen, arg: 2, flags: byResult},

		"chmod":     {filter: anyBit, class: classFile, arg: 1, mask: setIDBits, path: 1},
		"fchmod":    {filter: anyBit, class: classFile, arg: 1, mask: setIDBits, fd: 1},
		"fchmodat":  {filter: anyBit, class: classFile, arg: 2, mask: setIDBits, path: 2, dir: 1},
		"fchmodat2": {filter: anyBit, class: classFile, arg: 2, mask: setIDBits, path: 2, dir: 1},
		"utime":     {filter: notNull, class: classFile, arg: 1, path: 1, pointed: 2, size: 16, flags: succeeds},
		"utimes":    {filter: notNull, class: classFile, arg: 1, path: 1, pointed: 2, size: 32, flags: succeeds},
		"futimesat": {filter: notNull, class: classFile, arg: 2, path: 2, dir: 1, pointed: 3, size: 32, flags: succeeds},
		"utimensat": {filter: notNull, class: classFile, arg: 2, path: 2, dir: 1, pointed: 3, size: 32, flags: succeeds},
		"unlink":    {filter: unlinks, class: classLock, path: 1},
		"unlinkat":  {filter: unlinks, class: classLock, arg: 1, path: 2, dir: 1},
		"flock":     {filter: locks, class: classLock, arg: 1, fd: 1},
		"fcntl":     {filter: recordLocks, class: classLock, arg: 1, fd: 1, pointed: 3, size: 32},
		"ioctl":     {filter: controls, class: classOther, arg: 1, fd: 1, distinct: 2},

		"capset":          {filter: always, class: classCredentials, flags: succeeds},
		"keyctl":          {filter: always, class: classKernel, distinct: 1},
		"bpf":             {filter: bpfCommand, class: classKernel, distinct: 1},
		"init_module":     {filter: always, class: classKernel},
		"finit_module":    {filter: always, class: classKernel, fd: 1},
		"delete_module":   {filter: always, class: classKernel, text: 1},
		"io_uring_setup":  {filter: always, class: classKernel},
		"clock_settime":   {filter: always, class: classKernel, pointed: 2, size: 16},
		"settimeofday":    {filter: always, class: classKernel, pointed: 1, size: 16},
		"unshare":         {filter: always, class: classNamespace, distinct: 1},
		"setns":           {filter: always, class: classNamespace, fd: 1, distinct: 2},
		"pivot_root":      {filter: always, class: classNamespace, path: 1, path2: 2},
		"chroot":          {filter: always, class: classNamespace, path: 1},
		"clone":           {filter: anyBit, class: classNamespace, mask: linux.CloneNamespaces},
		"clone3":          {filter: newNamespaces, class: classNamespace, mask: linux.CloneNamespaces, pointed: 1, size: 8},
		"mount":           {filter: always, class: classNamespace, path: 2, path2: 1, text: 3, flags: byMount, mask: noNewMount},
		"umount":          {filter: always, class: classNamespace, path: 1},
		"umount2":         {filter: always, class: classNamespace, path: 1},
		"move_mount":      {filter: always, class: classNamespace, path: 4, dir: 3, path2: 2, dir2: 1},
		"open_tree":       {filter: anyBit, class: classNamespace, arg: 2, mask: 1, path: 2, dir: 1},
		"connect":         {filter: connects, class: classNetwork, arg: 1, address: 2, distinct: 1},
		"sendto":          {filter: connects, class: classNetwork, arg: 4, address: 5, distinct: 1},
		"nanosleep":       {filter: sleeps, class: classSleep, pointed: 1, size: 16},
		"clock_nanosleep": {filter: sleeps, class: classSleep, arg: 2, mask: 1, pointed: 3, size: 16},
		"time":            {filter: always, class: classClock},
		"gettimeofday":    {filter: always, class: classClock},
		"clock_gettime":   {filter: clock, class: classClock},

		"kill":              {filter: kills, class: classSignal, mask: 1, distinct: 1},
		"tkill":             {filter: kills, class: classSignal, mask: 1, distinct: 1},
		"tgkill":            {filter: kills, class: classSignal, mask: 2, distinct: 1},
		"rt_sigqueueinfo":   {filter: kills, class: classSignal, mask: 1, distinct: 1},
		"rt_tgsigqueueinfo": {filter: kills, class: classSignal, mask: 2, distinct: 1},
		"pidfd_send_signal": {filter: notNull, class: classSignal, arg: 1, fd: 1, flags: byPidfd, distinct: 1},
	}
	for _, name := range []string{"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid"} {
		all[name] = watch{filter: always, class: classCredentials, distinct: 1, flags: succeeds}
	}
	for narrow, wide := range map[string]string{
		"clock_nanosleep_time64": "clock_nanosleep", "clock_gettime64": "clock_gettime", "clock_settime64": "clock_settime",
		"utimensat_time64": "utimensat", "fcntl64": "fcntl",
	} {
		all[narrow] = all[wide]
	}
	return all
}()

// watchedCalls lists the names of the calls that are told.
func watchedCalls() []string { return slices.Sorted(maps.Keys(watched)) }
