package collectors

// Format is a form of recording. The engine lists them all; who replays knows none by name.
type Format struct {
	// Name says what it is, as an error has it: "audit log".
	Name      string
	Platforms []string // that it can be of: linux, windows, macos
	// Folder matches the names of the files that together are one recording, as a log and its rotations are; "" for none.
	Folder string
	// Recognise tells it by the first [HeadSize] bytes of a file, or all where it has fewer, as they are when uncompressed.
	Recognise func(head []byte) bool
	// Open makes a source of a file, plain or gzip, or of such a folder. The source hands facts what the recording holds of its
	// host's answers.
	Open func(path string, facts Facts) Source
}

// HeadSize is how much of a file its format is told by.
const HeadSize = 256 << 10

// Facts takes the lines of a recording that answer what the records do not say.
type Facts interface {
	// Line tells whether it was such a line.
	Line(typ string, body []byte) (bool, error)
}
