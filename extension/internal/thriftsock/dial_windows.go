package thriftsock

import (
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/osquery/osquery-go/transport"
)

func dial(path string, timeout time.Duration) (*thrift.TSocket, error) {
	return transport.Open(path, timeout)
}
