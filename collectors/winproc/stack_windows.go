//go:build !amd64

package winproc

import (
	"errors"
	"fmt"
)

// Stack is for x86-64 only: what stands before a return address is read as its instructions.
func (t thread) Stack() (Stack, error) {
	return Stack{}, fmt.Errorf("reading the stack of a thread: %w on this processor", errors.ErrUnsupported)
}
