// SPDX-License-Identifier: MIT
#pragma once

// What secrets look like that are known by their form: as those who issue them have published it, else as they have
// been seen (docs/redaction.md names the sources). Stage: redact. A rule may have several forms.

#include <cstdint>
#include <string_view>

namespace logkit::detail {

struct secret_form {
    std::string_view rule, pattern;
};

inline constexpr secret_form secret_forms[] = {
    {"jwt", R"(eyJ[\w-]{8,}\.[\w.=-]{8,})"},
    {"aws", "AKIA[A-Z2-7]{16}"},
    {"aws", "ASIA[A-Z2-7]{16}"},
    {"aws", "A[BC][IC]A[A-Z2-7]{16}"},
    {"aws", "ABSK[A-Za-z0-9+/]{109,}={0,2}"},
    {"gcp", R"(AIza[\w-]{35})"},
    {"gcp", R"(ya29\.[\w-]{20,})"},
    {"gcp", R"(GOCSPX-[\w-]{28})"},
    {"gcp", R"(1//0[\w-]{40,})"},
    {"azure", R"([\w~.]{3}\dQ~[\w~.-]{31,34})"},
    {"azure", R"([\w/+-]{44}AzFu[\w/+-]{5,6}={0,2})"},
    {"azure", "[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}"},
    {"github", R"(gh[pousr]_[A-Za-z0-9]{36,255})"},
    {"github", R"(github_pat_\w{22,255})"},
    {"gitlab", R"(glpat-[\w.-]{20,})"},
    {"gitlab", R"(glrt-[\w.-]{20,})"},
    {"gitlab", R"(gldt-[\w.-]{20,})"},
    {"gitlab", R"(glcbt-[\w.-]{20,})"},
    {"gitlab", R"(glptt-[\w.-]{20,})"},
    {"gitlab", R"(glft-[\w.-]{20,})"},
    {"gitlab", R"(glimt-[\w.-]{20,})"},
    {"gitlab", R"(glagent-[\w.-]{20,})"},
    {"gitlab", R"(gloas-[\w.-]{20,})"},
    {"gitlab", R"(glsoat-[\w.-]{20,})"},
    {"gitlab", R"(glffct-[\w.-]{20,})"},
    {"gitlab", R"(glwt-[\w.-]{20,})"},
    {"gitlab", R"(GR1348941[\w-]{20,})"},
    {"slack", R"(xox[a-z]-[A-Za-z0-9-]{10,})"},
    {"slack", R"(xox[a-z]\.xox[a-z]-[A-Za-z0-9-]{10,})"},
    {"slack", R"(xapp-[A-Za-z0-9-]{10,})"},
    {"slack", R"(xwfp-[A-Za-z0-9-]{10,})"},
    {"slack", R"(hooks\.slack\.com/[a-z]{5,12}/[A-Za-z0-9/]{20,})"},
    {"discord", R"(discord\.com/api/webhooks/\d+/[\w-]{20,})"},
    {"discord", R"(discordapp\.com/api/webhooks/\d+/[\w-]{20,})"},
    {"telegram", R"(\d:AA[\w-]{33})"},
    {"stripe", "[sr]k_live_[A-Za-z0-9]{10,}"},
    {"stripe", "[sr]k_test_[A-Za-z0-9]{10,}"},
    {"stripe", R"(whsec_[A-Za-z0-9+/=]{24,})"},
    {"openai", R"(sk-proj-[\w-]{20,})"},
    {"openai", R"(sk-svcacct-[\w-]{20,})"},
    {"openai", R"(sk-admin-[\w-]{20,})"},
    {"openai", R"(sk-None-[\w-]{20,})"},
    {"openai", "sk-[A-Za-z0-9]{32,}"},
    {"anthropic", R"(sk-ant-[\w-]{20,})"},
    {"openrouter", "sk-or-v1-[0-9a-f]{64}"},
    {"groq", "gsk_[A-Za-z0-9]{52}"},
    {"xai", "xai-[A-Za-z0-9]{80}"},
    {"perplexity", "pplx-[A-Za-z0-9]{48}"},
    {"replicate", "r8_[A-Za-z0-9]{37}"},
    {"huggingface", "hf_[A-Za-z0-9]{34,40}"},
    {"langsmith", R"(lsv2_[ps][tk]_[0-9a-f]{32}_[0-9a-f]{10})"},
    {"npm", "npm_[A-Za-z0-9]{36}"},
    {"pypi", R"(pypi-[\w-]{50,})"},
    {"rubygems", "rubygems_[0-9a-f]{48}"},
    {"nuget", "oy2[a-z0-9]{43}"},
    {"docker", R"(dckr_[po]at_[\w-]{27,})"},
    {"sendgrid", R"(SG\.[\w-]{22}\.[\w-]{43})"},
    {"sendinblue", "xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"},
    {"twilio", "SK[0-9a-f]{32}"},
    {"twilio", "AC[0-9a-f]{32}"},
    {"mailchimp", "[0-9a-f]{32}-us[0-9]{1,2}"},
    {"digitalocean", "do[opr]_v1_[0-9a-f]{64}"},
    {"shopify", "shp[a-z]{2}_[0-9a-fA-F]{32}"},
    {"square", R"(sq0[a-z]{3}-[\w-]{22,43})"},
    {"square", R"(EAAA[\w-]{60})"},
    {"paypal", R"(access_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32})"},
    {"razorpay", "rzp_live_[A-Za-z0-9]{14,}"},
    {"flutterwave", R"(FLWSECK[\w-]{14,})"},
    {"shippo", "shippo_live_[0-9a-f]{40}"},
    {"easypost", "EZ[AT]K[A-Za-z0-9]{54}"},
    {"plaid", "access-production-[0-9a-f-]{36}"},
    {"plaid", "access-sandbox-[0-9a-f-]{36}"},
    {"databricks", R"(dapi[0-9a-f]{32}-\d)"},
    {"databricks", "dapi[0-9a-f]{32}"},
    {"vault", R"(hv[sbr]\.[\w-]{24,})"},
    {"terraform", R"([A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,})"},
    {"grafana", R"(gl[cs]_[A-Za-z0-9+/=]{32,})"},
    {"grafana", R"(glsa_\w{32,})"},
    {"newrelic", "NRAK-[A-Z0-9]{27}"},
    {"newrelic", "NRII-[A-Za-z0-9_-]{32}"},
    {"sentry", R"(sntry[a-z]_[\w+/=-]{40,})"},
    {"dynatrace", R"(dt0[a-z]\d{2}\.[A-Z2-7]{24}\.[A-Z2-7]{64})"},
    {"postman", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"},
    {"linear", "lin_api_[A-Za-z0-9]{40}"},
    {"notion", "ntn_[A-Za-z0-9]{40,}"},
    {"notion", "secret_[A-Za-z0-9]{43}"},
    {"atlassian", R"(ATATT3[\w=-]{40,})"},
    {"atlassian", R"(ATCTT3[\w=-]{40,})"},
    {"atlassian", R"(ATBB[A-Za-z0-9]{32})"},
    {"figma", R"(figd_[\w-]{30,})"},
    {"airtable", R"(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})"},
    {"doppler", R"(dp\.[a-z]{2,5}\.[A-Za-z0-9]{40,})"},
    {"fly", R"(fm[12]_[A-Za-z0-9+/=]{40,})"},
    {"fly", R"(fo1_[\w-]{43})"},
    {"heroku", R"(HRKU-AA[\w-]{40,})"},
    {"netlify", "nfp_[A-Za-z0-9]{36}"},
    {"supabase", "sbp_[0-9a-f]{40}"},
    {"supabase", R"(sb_secret_[\w-]{20,})"},
    {"planetscale", R"(pscale_[a-z]{2,5}_[\w.=-]{32,})"},
    {"pulumi", "pul-[0-9a-f]{40}"},
    {"tailscale", R"(tskey-[a-z]+-[\w-]{10,})"},
    {"cloudflare", R"(v1\.0-[0-9a-f]{24}-[0-9a-f]{100,})"},
    {"artifactory", "AKCp[A-Za-z0-9]{60,}"},
    {"sourcegraph", R"(sgp_[0-9a-f_]{40,})"},
    {"circleci", R"(CCIPAT_\w{20,})"},
    {"buildkite", "bkua_[0-9a-f]{40}"},
    {"contentful", R"(CFPAT-[\w-]{43})"},
    {"typeform", R"(tfp_[\w.-]{40,})"},
    {"alibaba", "LTAI[A-Za-z0-9]{12,30}"},
    {"tencent", "AKID[A-Za-z0-9]{32}"},
    {"age", "AGE-SECRET-KEY-1[A-Z0-9]{58}"},
    {"1password", R"(ops_eyJ[\w+/=-]{100,})"},
};

// What is found by more than a pattern.
enum class secret_kind : std::uint8_t { named, bearer, basic, private_key, url, card, iban, email };

struct secret_rule {
    secret_kind kind;
    std::string_view name;
    bool is_on;  // unless it is asked for otherwise
};
inline constexpr secret_rule secret_rules[] = {
    {secret_kind::named, "named", true}, {secret_kind::bearer, "bearer", true},
    {secret_kind::basic, "basic", true}, {secret_kind::private_key, "private_key", true},
    {secret_kind::url, "url", true},     {secret_kind::card, "card", true},
    {secret_kind::iban, "iban", false},  {secret_kind::email, "email", false},
};

}  // namespace logkit::detail
