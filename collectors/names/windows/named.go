package windows

// named is a number and what it is called.
type named struct {
	Value uint64
	Name  string
}
