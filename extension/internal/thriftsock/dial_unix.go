//go:build !windows

package thriftsock

import (
	"net"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
)

func dial(path string, timeout time.Duration) (*thrift.TSocket, error) {
	s := thrift.NewTSocketFromAddrConf(&net.UnixAddr{Name: path, Net: "unix"}, &thrift.TConfiguration{
		ConnectTimeout: timeout, SocketTimeout: timeout,
	})
	return s, s.Open()
}
