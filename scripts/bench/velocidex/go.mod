module github.com/apiwatch/apiwatch/scripts/bench/velocidex

go 1.26

require www.velocidex.com/golang/evtx v0.2.0

require (
	github.com/Velocidex/ordereddict v0.0.0-20210502082334-cf5d9045c0d1 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/pkg/errors v0.8.1 // indirect
)
