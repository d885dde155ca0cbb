package parameters

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/history"
)

// History returns the versions of a parameter, newest first. AWS keeps the last
// 100, with who made each, and forgets them when the parameter is removed: the
// error wraps [sources.ErrNotFound] then. Nothing is decrypted.
func (c Client) History(ctx context.Context, name string) ([]sources.Version, error) {
	var all []types.ParameterHistory
	err := awsconf.Pages("ssm:GetParameterHistory", func(token *string) (*string, error) {
		out, err := awsconf.Call(ctx, c.Session, c.GetParameterHistory, &ssm.GetParameterHistoryInput{
			Name: &name, MaxResults: aws.Int32(listSize), NextToken: token,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, out.Parameters...)
		return out.NextToken, nil
	})
	if err = orNotFound(err); errors.Is(err, sources.ErrNotFound) {
		return nil, sources.Hint(err, "Parameter Store forgets the versions of what is removed")
	}
	slices.SortFunc(all, func(a, b types.ParameterHistory) int { return cmp.Compare(b.Version, a.Version) })
	var list []sources.Version
	for i, v := range all {
		list = append(list, sources.Version{
			ID: strconv.FormatInt(v.Version, 10), Time: aws.ToTime(v.LastModifiedDate),
			By: who(aws.ToString(v.LastModifiedUser)), Current: i == 0,
		})
	}
	return list, err
}

// who returns what an ARN is the name of: user/ada of arn:aws:iam::1234:user/ada.
func who(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[5]
	}
	return arn
}

// Earlier returns the value of an earlier version, as [sources.Historian] chooses
// it. Only that one is decrypted.
func (c Client) Earlier(ctx context.Context, name, version string) (sources.Secret, error) {
	list, err := c.History(ctx, name)
	if err != nil {
		return sources.Secret{}, err
	}
	i, err := history.Choose(list, version)
	if err != nil {
		return sources.Secret{}, err
	}
	name += ":" + list[i].ID
	out, err := awsconf.Call(ctx, c.Session, c.GetParameter, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return sources.Secret{}, err
	}
	return sources.NewSecret(aws.ToString(out.Parameter.Value)), nil
}
