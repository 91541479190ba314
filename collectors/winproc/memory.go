package winproc

import (
	"strconv"
	"strings"
)

// Region is a run of pages alike, as VirtualQueryEx gives it (MEMORY_BASIC_INFORMATION, winnt.h).
type Region struct {
	Base, Size     uint64
	AllocationBase uint64 // of the reservation or view that it is part of
	Protect        uint32 // now
	InitialProtect uint32 // when it was allocated
	State, Type    uint32
}

// End is the first address behind the region.
func (r *Region) End() uint64 { return r.Base + r.Size }

// Protection, state and type of memory (winnt.h).
const (
	pageExecute          = 0x10
	pageExecuteRead      = 0x20
	pageExecuteReadWrite = 0x40
	pageExecuteWriteCopy = 0x80
	pageGuard            = 0x100
	anyExecute           = pageExecute | pageExecuteRead | pageExecuteReadWrite | pageExecuteWriteCopy
	writeExecute         = pageExecuteReadWrite | pageExecuteWriteCopy

	memCommit  = 0x1000
	memPrivate = 0x20000
	memMapped  = 0x40000
	memImage   = 0x1000000
)

var protections = []struct {
	bit               uint32
	name, permissions string
}{
	{0x01, "PAGE_NOACCESS", "---"},
	{0x02, "PAGE_READONLY", "r--"},
	{0x04, "PAGE_READWRITE", "rw-"},
	{0x08, "PAGE_WRITECOPY", "rw-"},
	{pageExecute, "PAGE_EXECUTE", "--x"},
	{pageExecuteRead, "PAGE_EXECUTE_READ", "r-x"},
	{pageExecuteReadWrite, "PAGE_EXECUTE_READWRITE", "rwx"},
	{pageExecuteWriteCopy, "PAGE_EXECUTE_WRITECOPY", "rwx"},
	{pageGuard, "PAGE_GUARD", ""},
	{0x200, "PAGE_NOCACHE", ""},
	{0x400, "PAGE_WRITECOMBINE", ""},
}

// ProtectionText names a protection, "PAGE_EXECUTE_READWRITE|PAGE_GUARD"; bits without a name follow in hexadecimal.
func ProtectionText(protect uint32) string {
	if protect == 0 {
		return ""
	}
	var names []string
	for _, p := range protections {
		if protect&p.bit != 0 {
			names = append(names, p.name)
			protect &^= p.bit
		}
	}
	if protect != 0 {
		names = append(names, "0x"+strconv.FormatUint(uint64(protect), 16))
	}
	return strings.Join(names, "|")
}

// Permissions gives a region's rights as Linux writes them, "rwxp": p is what a write leaves to this process alone, s what
// other processes may see. A guard page faults first and so grants nothing.
func (r *Region) Permissions() string {
	rights := "---"
	for _, p := range protections {
		if r.Protect&p.bit != 0 && p.permissions != "" && r.Protect&pageGuard == 0 {
			rights = p.permissions
		}
	}
	// An image is copied on write whatever its protection says.
	if r.Type == memMapped && r.Protect&(0x08|pageExecuteWriteCopy) == 0 {
		return rights + "s"
	}
	return rights + "p"
}

// TypeText names what a region is made of: private, mapped or image; free where there is none.
func (r *Region) TypeText() string {
	switch {
	case r.State != memCommit:
		return "free"
	case r.Type == memImage:
		return "image"
	case r.Type == memMapped:
		return "mapped"
	}
	return "private"
}

func (r *Region) executable() bool {
	return r.State == memCommit && r.Protect&anyExecute != 0 && r.Protect&pageGuard == 0
}

// The kinds of suspicious memory; they are those of Linux. Of several that apply the first counts.
const (
	KindRWX       = "rwx"                  // writable and executable, whatever it maps
	KindAnonymous = "anonymous_executable" // executable without a file: private memory, or a section of the paging file
	KindDeleted   = "deleted_executable"   // executable from a file that has no name any more
	KindModified  = "modified_code"        // pages of an image that this process has for itself
)

// kind classifies an executable region by what VirtualQueryEx says of it; "" if its file decides.
func (r *Region) kind() string {
	switch {
	case r.Protect&writeExecute != 0:
		return KindRWX
	case r.Type != memImage && r.Type != memMapped:
		return KindAnonymous
	}
	return ""
}

// PageState is the state of a page (PSAPI_WORKING_SET_EX_BLOCK, psapi.h).
type PageState uint64

// Resident tells whether the page is in the working set; only then is the rest of the state of meaning.
func (s PageState) Resident() bool { return s&1 != 0 }

// Private tells whether the page is this process's own: of an image, one that was written to.
func (s PageState) Private() bool { return s&1 != 0 && s&(1<<15) == 0 }

const pageSize = 4096
