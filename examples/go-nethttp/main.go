// Invoices with net/http. Decisions are made in this process; without news from the server they end after a while.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/guard"
	"rolecall.example/client/local"
)

// who stands for the session of your application. It returns the ids of the person who is signed in and of the page's company.
func who(r *http.Request) (user, organization string, ok bool) {
	return r.Header.Get("X-User"), r.PathValue("organization"), r.Header.Get("X-User") != ""
}

func main() {
	c := &client.Client{BaseURL: os.Getenv("ROLECALL_URL"), Token: os.Getenv("ROLECALL_TOKEN")}
	staleness, _ := time.ParseDuration(os.Getenv("MAX_STALENESS")) // 0: that of the engine
	l, err := local.Open(context.Background(), c, local.Options{MaxStaleness: staleness})
	if err != nil {
		log.Fatal(err)
	}
	a, mux := app{c}, http.NewServeMux()
	mux.Handle("GET /{organization}/invoices", guard.Require(l, "invoice:read", who)(http.HandlerFunc(a.list)))
	mux.Handle("POST /{organization}/invoices/{id}/pay", guard.Require(l, "invoice:pay", who)(http.HandlerFunc(a.pay)))
	mux.Handle("GET /{organization}/members", guard.Require(l, "organization_member:read", who)(http.HandlerFunc(a.members)))
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	log.Print("http://" + listener.Addr().String()) //nolint:gosec // no one outside chooses it
	log.Fatal(http.Serve(listener, mux))            //nolint:gosec // an example has no time limits
}
