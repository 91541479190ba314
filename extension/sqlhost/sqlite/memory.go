package sqlite

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// This is the only file that uses package unsafe. An address is a number to Go: C's memory is neither moved nor freed by the
// garbage collector, and no pointer to Go's memory is ever written there.

// at is the value of type T that stands at an address in C's memory.
func at[T any](address uintptr) *T { return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&address))) }

// element is the i-th value of an array of T in C's memory.
func element[T any](array uintptr, i int) *T { return at[T](array + uintptr(i)*sizeOf[T]()) }

func sizeOf[T any]() uintptr {
	var v T
	return unsafe.Sizeof(v)
}

// callback gives the address by which translated C calls a Go function; it must be a declared one, not a closure.
func callback[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }

// bytesAt is C's memory itself, good until C changes it.
func bytesAt(address uintptr, n int) []byte { return unsafe.Slice(at[byte](address), n) }

// goString copies a text that ends at a NUL.
func goString(address uintptr) string {
	if address == 0 {
		return ""
	}
	return libc.GoString(address)
}

// goText copies a text of n bytes.
func goText(address uintptr, n int32) string {
	if address == 0 || n <= 0 {
		return ""
	}
	return string(bytesAt(address, int(n)))
}

// cText copies a text to memory that sqlite3_free frees, with a final NUL; 0 if there is none.
func cText(tls *libc.TLS, s string) uintptr {
	p := lib.Xsqlite3_malloc64(tls, lib.Tsqlite3_uint64(len(s)+1))
	if p == 0 {
		return 0
	}
	b := bytesAt(p, len(s)+1)
	copy(b, s)
	b[len(s)] = 0
	return p
}

// cNew makes a T in memory that sqlite3_free frees; 0 if there is none.
func cNew[T any](tls *libc.TLS, v T) uintptr {
	p := lib.Xsqlite3_malloc64(tls, lib.Tsqlite3_uint64(sizeOf[T]()))
	if p != 0 {
		*at[T](p) = v
	}
	return p
}
