package event

import (
	"strings"

	"github.com/apiwatch/apiwatch/collectors/event/wire"
)

// KindFileAccess is a watched file that was opened.
const KindFileAccess Kind = 8

var fileAccessKind = Descriptor{
	Kind: KindFileAccess, Name: "file_access", Component: "DC0055", Share: Shares{Linux: 6, Windows: 6},
	Details:   []DetailType{typeOf[FileOpen](), typeOf[ObjectAccess]()},
	Arguments: fileAccessed,
}

// KindFileChange is a file, or its metadata, that changed (and DC0039, DC0059).
const KindFileChange Kind = 9

var fileChangeKind = Descriptor{
	Kind: KindFileChange, Name: "file_change", Component: "DC0061", Share: Shares{Linux: 12, Windows: 7},
	Details:   []DetailType{typeOf[FileChange]()},
	Arguments: fileChanged,
}

// KindMount is a change of the mount table or of a namespace.
const KindMount Kind = 10

var mountKind = Descriptor{
	Kind: KindMount, Name: "mount", Share: Shares{Linux: 2, Windows: 0},
	Details: []DetailType{typeOf[Mount](), typeOf[Pointed]()},
}

func fileAccessed(e *Event) []Argument {
	d, ok := e.Detail.(*ObjectAccess)
	if !ok {
		return nil
	}
	// A pipe of this machine, opened as one of the network's.
	if (d.Remote == "127.0.0.1" || d.Remote == "::1") && strings.HasSuffix(d.Share, `\IPC$`) {
		return []Argument{{"share", d.Share}, {"client", d.Remote}, {"pipe", `\` + Base(e.Path)}}
	}
	if d.Share == "" && d.Type == "File" {
		return []Argument{{"file", e.Path}}
	}
	return []Argument{{"share", d.Share}}
}

func fileChanged(e *Event) []Argument {
	if e.Process == nil || e.Process.Windows == nil {
		return nil
	}
	return []Argument{{"file", e.Path}}
}

// FileOpen is the detail of KindFileAccess.
type FileOpen struct {
	Flags uint32 // open(2) flags
	Mode  uint32
	UID   int64 // owner of the file, -1 if unknown
	Inode uint64
	Bytes int64 // written or read through it, 0 if the source does not count
}

func (*FileOpen) number() uint8 { return 3 }

func (d *FileOpen) code(c *wire.Coder) {
	c.Uint32(&d.Flags)
	c.Uint32(&d.Mode)
	c.Int(&d.UID)
	c.Uint(&d.Inode)
	c.Int(&d.Bytes)
}

// FileChange is the detail of KindFileChange.
type FileChange struct {
	Action  string // "attributes", "times", "mode", "create", "delete", "rename", "write"
	OldMode uint32 // mode as audit's PATH record gives it, 0 if unknown
	Mode    uint32 // the new mode for chmod, 0 if it did not change
	UID     int64  // owner of the file, -1 if unknown
	Inode   uint64
	// Times after the change, Unix nanoseconds, 0 if unknown.
	ATimeNS, MTimeNS, CTimeNS, BTimeNS int64
	OldBTimeNS                         int64  // time of creation before the change, 0 if unknown
	NewPath                            string // for a rename or a link
	Contents                           string // of a small stream, where the source shows it
	Hashes                             string // of a stream's contents
}

func (*FileChange) number() uint8 { return 4 }

func (d *FileChange) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Uint32(&d.OldMode)
	c.Uint32(&d.Mode)
	c.Int(&d.UID)
	c.Uint(&d.Inode)
	c.Int(&d.ATimeNS)
	c.Int(&d.MTimeNS)
	c.Int(&d.CTimeNS)
	c.Int(&d.BTimeNS)
	c.Int(&d.OldBTimeNS)
	c.Text(&d.NewPath)
	c.Text(&d.Contents)
	c.Text(&d.Hashes)
}

func (d *FileChange) size() int { return 64 + len(d.Contents) + len(d.Hashes) }

// Mount is the detail of KindMount.
type Mount struct {
	Source, FSType string
	Flags          uint64
}

func (*Mount) number() uint8 { return 7 }

func (d *Mount) code(c *wire.Coder) {
	c.Text(&d.Source)
	c.Text(&d.FSType)
	c.Uint(&d.Flags)
}

// ObjectAccess is the detail of handles to secured objects: files, keys, processes, services, the SAM.
type ObjectAccess struct {
	Action     string // "request", "access", "close", "duplicate", "permissions"
	Type       string // "File", "Key", "Process", "SAM_USER", …
	Server     string // who manages the object, "Security", "SC Manager", …
	Handle     uint64
	AccessMask uint32
	AccessList string // as the log lists it, where there is no mask
	Privileges string // used to get it
	Share      string // for a network share: its name
	Remote     string // and who asked
	RemotePort uint16
}

func (*ObjectAccess) number() uint8 { return 18 }

func (d *ObjectAccess) code(c *wire.Coder) {
	c.Text(&d.Action)
	c.Text(&d.Type)
	c.Text(&d.Server)
	c.Uint(&d.Handle)
	c.Uint32(&d.AccessMask)
	c.Text(&d.AccessList)
	c.Text(&d.Privileges)
	c.Text(&d.Share)
	c.Text(&d.Remote)
	c.Uint16(&d.RemotePort)
}

func (d *ObjectAccess) size() int { return 160 + len(d.AccessList) + len(d.Privileges) }
