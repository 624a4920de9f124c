package idpsync

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// fuseWindow is the time within which losses are counted.
const fuseWindow = time.Hour

// askFuse finds out whether somebody may lose something from the source. People who lost something within the last hour are
// counted, each once, before they lose it; one too many holds the source. The units that take something away ask whether it was
// counted, so that no two sign-ins at once can pass together.
func (v *view) askFuse(ctx context.Context) error {
	if v.user == uuid.Nil {
		return nil
	}
	source, since := string(v.provider.Source()), v.When.Add(-fuseWindow)
	_, err := v.Q.GetSyncSource(ctx, source)
	if err == nil {
		v.fused = true
		return nil
	}
	if !db.IsNotFound(err) {
		return err
	}
	// A fuse that is switched off does not release what it has held before: a person does.
	if v.provider.FusePeople == 0 && v.provider.FusePercent == 0 {
		v.known = true
		return nil
	}
	v.known, err = v.Q.HasSyncLoss(ctx, db.HasSyncLossParams{Source: source, UserID: v.user, Since: since})
	if err != nil || v.known {
		return err
	}
	if v.counted {
		v.fused = true
		return nil
	}
	v.trips, err = v.isOneTooMany(ctx, source)
	v.fused = v.trips
	return err
}

// isOneTooMany reports whether one more loss is more than the fuse allows.
func (v *view) isOneTooMany(ctx context.Context, source string) (bool, error) {
	since := v.When.Add(-fuseWindow)
	lost, err := v.Q.CountSyncLosses(ctx, db.CountSyncLossesParams{Source: source, Since: since, UserID: v.user})
	if err != nil || lost+1 <= int64(v.provider.FusePeople) {
		return false, err
	}
	if v.provider.FusePercent == 0 {
		return true, nil
	}
	// Those who have just lost all they had count among the holders, or the limit would sink with each of them.
	people, err := v.Q.CountHoldersOfSource(ctx, db.CountHoldersOfSourceParams{Source: source, Since: since})
	return err == nil && (lost+1)*100 > people*int64(v.provider.FusePercent), err
}

// tripped says why a source is held.
const tripped = "More people than the settings allow would have lost something within an hour."

// sourceType is what the trail calls a source.
const sourceType = "idp_sync_source"

// sourceID names a source in the trail.
func sourceID(source org.Source) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(source)) }
