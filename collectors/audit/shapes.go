package audit

import "github.com/apiwatch/apiwatch/collectors/event"

// how says what an event of a call is made from.
type how uint8

const (
	asCall how = iota
	asExec
	asPtrace
	asProcess  // argument a0 is another process
	asSignal   // so it is, and the event remains a plain call
	asAccess   // another process, but no argument says which
	asMemory   // executable if arg holds PROT_EXEC
	asMemfd    //
	asIdentity // the record's own ids are those after the call
	asCapset
	asTimes
	asMode // arg is the new mode
	asAttributes
	asOpen // arg is the flags
	asOpenat2
	asCreate
	asWrite
	asDelete
	asRename
	asLink
	asNamespace
	asClone
	asMount
	asModule
	asConnect
	asSocketcall
)

// byArguments says whether arguments tell what the call did.
func (h how) byArguments() bool {
	return h == asPtrace || h == asProcess || h == asSignal || h == asMemory || h == asMode
}

// shape is one system call: how to read it, and which of its arguments matter for that.
type shape struct {
	api *event.API
	how how
	arg uint8 // see how
	// dir is 1 + the argument that holds the directory a relative path starts from; 0 if that is the working directory.
	dir, dir2 uint8
}

// shapes lists those that become more than a plain call.
var shapes = map[string]shape{
	"execve":            {how: asExec},
	"execveat":          {how: asExec, dir: 1},
	"ptrace":            {how: asPtrace},
	"process_vm_readv":  {how: asProcess},
	"process_vm_writev": {how: asProcess},
	"pidfd_getfd":       {how: asAccess},
	"kill":              {how: asSignal},
	"tkill":             {how: asSignal},
	"tgkill":            {how: asSignal},
	"pidfd_open":        {how: asSignal},
	"mmap":              {how: asMemory, arg: 2},
	"mmap2":             {how: asMemory, arg: 2},
	"mprotect":          {how: asMemory, arg: 2},
	"pkey_mprotect":     {how: asMemory, arg: 2},
	"memfd_create":      {how: asMemfd},
	"setuid":            {how: asIdentity},
	"setgid":            {how: asIdentity},
	"setreuid":          {how: asIdentity},
	"setregid":          {how: asIdentity},
	"setresuid":         {how: asIdentity},
	"setresgid":         {how: asIdentity},
	"setfsuid":          {how: asIdentity},
	"setfsgid":          {how: asIdentity},
	"capset":            {how: asCapset},
	"utime":             {how: asTimes},
	"utimes":            {how: asTimes},
	"futimesat":         {how: asTimes, dir: 1},
	"utimensat":         {how: asTimes, dir: 1},
	"utimensat_time64":  {how: asTimes, dir: 1},
	"chmod":             {how: asMode, arg: 1},
	"fchmod":            {how: asMode, arg: 1},
	"fchmodat":          {how: asMode, arg: 2, dir: 1},
	"fchmodat2":         {how: asMode, arg: 2, dir: 1},
	"chown":             {how: asAttributes},
	"fchown":            {how: asAttributes},
	"lchown":            {how: asAttributes},
	"fchownat":          {how: asAttributes, dir: 1},
	"setxattr":          {how: asAttributes},
	"lsetxattr":         {how: asAttributes},
	"fsetxattr":         {how: asAttributes},
	"setxattrat":        {how: asAttributes, dir: 1},
	"removexattr":       {how: asAttributes},
	"lremovexattr":      {how: asAttributes},
	"fremovexattr":      {how: asAttributes},
	"removexattrat":     {how: asAttributes, dir: 1},
	"open":              {how: asOpen, arg: 1},
	"openat":            {how: asOpen, arg: 2, dir: 1},
	"openat2":           {how: asOpenat2, dir: 1},
	"creat":             {how: asCreate},
	"mkdir":             {how: asCreate},
	"mkdirat":           {how: asCreate, dir: 1},
	"mknod":             {how: asCreate},
	"mknodat":           {how: asCreate, dir: 1},
	"symlink":           {how: asCreate},
	"symlinkat":         {how: asCreate, dir: 2},
	"truncate":          {how: asWrite},
	"truncate64":        {how: asWrite},
	"ftruncate":         {how: asWrite},
	"ftruncate64":       {how: asWrite},
	"unlink":            {how: asDelete},
	"unlinkat":          {how: asDelete, dir: 1},
	"rmdir":             {how: asDelete},
	"rename":            {how: asRename},
	"renameat":          {how: asRename, dir: 1, dir2: 3},
	"renameat2":         {how: asRename, dir: 1, dir2: 3},
	"link":              {how: asLink},
	"linkat":            {how: asLink, dir: 1, dir2: 3},
	"unshare":           {how: asNamespace},
	"clone":             {how: asClone},
	"setns":             {how: asNamespace},
	"umount":            {how: asNamespace},
	"umount2":           {how: asNamespace},
	"pivot_root":        {how: asNamespace},
	"chroot":            {how: asNamespace},
	"open_tree":         {how: asNamespace, dir: 1},
	"mount":             {how: asMount},
	"move_mount":        {how: asMount, dir: 3, dir2: 1},
	"init_module":       {how: asModule},
	"finit_module":      {how: asModule},
	"delete_module":     {how: asModule},
	"connect":           {how: asConnect},
	"socketcall":        {how: asSocketcall},
}

// ringCall stands for an operation of io_uring, which passes no system call.
var ringCall = &shape{api: event.APINamed("io_uring")}
