package main

import (
	"context"
	"log/slog"
	"time"

	"rolecall.example/org/services"
)

// keepInvitations completes what accepted invitations still have to give, every minute, and deletes old ones, every
// hour, until ctx ends. With several servers, any of them may do it.
func keepInvitations(ctx context.Context, service *services.Service, log *slog.Logger) {
	due, old := time.NewTicker(time.Minute), time.NewTicker(time.Hour)
	defer due.Stop()
	defer old.Stop()
	for {
		if err := service.Invite.Finish(ctx); err != nil && ctx.Err() == nil { // also at the start: a crash may have left one
			log.Warn("an accepted invitation is not given yet", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-due.C:
		case <-old.C:
			if err := service.Invite.Forget(ctx); err != nil && ctx.Err() == nil {
				log.Warn("old invitations are kept", "err", err)
			}
		}
	}
}
