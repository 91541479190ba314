// Package meaning says what system calls mean: which kind of event a call is, and what its arguments, the files that it named and its
// outcome tell of it. Every source of system calls shares it, so that one deed gives one event whoever tells of it.
package meaning

import "github.com/apiwatch/apiwatch/collectors/event"

// How says what an event of a call is made from.
type How uint8

// The ways.
const (
	AsCall How = iota
	AsExec
	AsPtrace
	AsProcess // argument a0 is another process
	AsSignal  // so it is, and the event remains a plain call
	AsAccess  // another process, but no argument says which
	AsMemory  // executable if arg holds PROT_EXEC
	AsShared  // executable if arg holds SHM_EXEC
	AsMemfd
	AsIdentity // the record's own ids are those after the call
	AsCapset
	AsTimes
	AsMode // arg is the new mode
	AsAttributes
	AsOpen // arg is the flags
	AsOpenat2
	AsCreate
	AsWrite
	AsDelete
	AsRename
	AsLink
	AsNamespace
	AsClone
	AsMount
	AsModule
	AsConnect
	AsSocketcall
)

// byArguments says whether arguments tell what the call did.
func (h How) byArguments() bool {
	return h == AsPtrace || h == AsProcess || h == AsSignal || h == AsMemory || h == AsShared || h == AsMode
}

// Shape is one system call: how to read it, and which of its arguments matter for that.
type Shape struct {
	API *event.API
	How How
	Arg uint8 // see How
	// Dir is 1 + the argument that holds the directory a relative path starts from; 0 if that is the working directory.
	Dir, Dir2 uint8
}

// As gives how an event is made of the call; silent says that the source does not tell the arguments.
func (s *Shape) As(silent bool) How {
	if silent && s.How.byArguments() {
		return AsCall // what it did is not told
	}
	return s.How
}

// shapes lists those that become more than a plain call.
var shapes = map[string]Shape{
	"execve":            {How: AsExec},
	"execveat":          {How: AsExec, Dir: 1},
	"ptrace":            {How: AsPtrace},
	"process_vm_readv":  {How: AsProcess},
	"process_vm_writev": {How: AsProcess},
	"pidfd_getfd":       {How: AsAccess},
	"kill":              {How: AsSignal},
	"tkill":             {How: AsSignal},
	"tgkill":            {How: AsSignal},
	"pidfd_open":        {How: AsSignal},
	"rt_sigqueueinfo":   {How: AsSignal},
	"rt_tgsigqueueinfo": {How: AsSignal},
	"mmap":              {How: AsMemory, Arg: 2},
	"mmap2":             {How: AsMemory, Arg: 2},
	"mprotect":          {How: AsMemory, Arg: 2},
	"pkey_mprotect":     {How: AsMemory, Arg: 2},
	"shmat":             {How: AsShared, Arg: 2},
	"memfd_create":      {How: AsMemfd},
	"setuid":            {How: AsIdentity},
	"setgid":            {How: AsIdentity},
	"setreuid":          {How: AsIdentity},
	"setregid":          {How: AsIdentity},
	"setresuid":         {How: AsIdentity},
	"setresgid":         {How: AsIdentity},
	"setfsuid":          {How: AsIdentity},
	"setfsgid":          {How: AsIdentity},
	"capset":            {How: AsCapset},
	"utime":             {How: AsTimes},
	"utimes":            {How: AsTimes},
	"futimesat":         {How: AsTimes, Dir: 1},
	"utimensat":         {How: AsTimes, Dir: 1},
	"utimensat_time64":  {How: AsTimes, Dir: 1},
	"chmod":             {How: AsMode, Arg: 1},
	"fchmod":            {How: AsMode, Arg: 1},
	"fchmodat":          {How: AsMode, Arg: 2, Dir: 1},
	"fchmodat2":         {How: AsMode, Arg: 2, Dir: 1},
	"chown":             {How: AsAttributes},
	"fchown":            {How: AsAttributes},
	"lchown":            {How: AsAttributes},
	"fchownat":          {How: AsAttributes, Dir: 1},
	"setxattr":          {How: AsAttributes},
	"lsetxattr":         {How: AsAttributes},
	"fsetxattr":         {How: AsAttributes},
	"setxattrat":        {How: AsAttributes, Dir: 1},
	"removexattr":       {How: AsAttributes},
	"lremovexattr":      {How: AsAttributes},
	"fremovexattr":      {How: AsAttributes},
	"removexattrat":     {How: AsAttributes, Dir: 1},
	"open":              {How: AsOpen, Arg: 1},
	"openat":            {How: AsOpen, Arg: 2, Dir: 1},
	"openat2":           {How: AsOpenat2, Dir: 1},
	"open_by_handle_at": {How: AsOpen, Arg: 2},
	"creat":             {How: AsCreate},
	"mkdir":             {How: AsCreate},
	"mkdirat":           {How: AsCreate, Dir: 1},
	"mknod":             {How: AsCreate},
	"mknodat":           {How: AsCreate, Dir: 1},
	"symlink":           {How: AsCreate},
	"symlinkat":         {How: AsCreate, Dir: 2},
	"truncate":          {How: AsWrite},
	"truncate64":        {How: AsWrite},
	"ftruncate":         {How: AsWrite},
	"ftruncate64":       {How: AsWrite},
	"unlink":            {How: AsDelete},
	"unlinkat":          {How: AsDelete, Dir: 1},
	"rmdir":             {How: AsDelete},
	"rename":            {How: AsRename},
	"renameat":          {How: AsRename, Dir: 1, Dir2: 3},
	"renameat2":         {How: AsRename, Dir: 1, Dir2: 3},
	"link":              {How: AsLink},
	"linkat":            {How: AsLink, Dir: 1, Dir2: 3},
	"unshare":           {How: AsNamespace},
	"clone":             {How: AsClone},
	"setns":             {How: AsNamespace},
	"umount":            {How: AsNamespace},
	"umount2":           {How: AsNamespace},
	"pivot_root":        {How: AsNamespace},
	"chroot":            {How: AsNamespace},
	"open_tree":         {How: AsNamespace, Dir: 1},
	"mount":             {How: AsMount},
	"move_mount":        {How: AsMount, Dir: 3, Dir2: 1},
	"init_module":       {How: AsModule},
	"finit_module":      {How: AsModule},
	"delete_module":     {How: AsModule},
	"connect":           {How: AsConnect},
	"sendto":            {How: AsConnect},
	"socketcall":        {How: AsSocketcall},
}

// RingCall stands for an operation of io_uring, which passes no system call.
var RingCall = &Shape{API: event.APINamed("io_uring")}
