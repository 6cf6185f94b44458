/// What the metrics mean, for `/metrics`; `docs/metrics.md` has the same words.
enum MetricHelp {
    static let texts = [
        "authhost_decisions_total": "Questions that were answered, by kind, verdict and reason.",
        "authhost_door_decisions_total":
            "Questions that were answered, by the door of the session or log-in, and verdict.",
        "authhost_decision_seconds": "Time from a question to its answer, with that of the module; a histogram.",
        "authhost_module_call_seconds":
            "Time that the module took in an entry point, on whichever thread; a histogram.",
        "authhost_queue_wait_seconds": "Time that a question waited for one of the module's threads; a histogram.",
        "authhost_open_questions":
            "Questions without an answer: with the module, or waiting before it because of penalties.",
        "authhost_audit_lines_total": "Lines that were written to the audit log.",
        "authhost_audit_lost_lines_total": "Lines that could not be written to the audit log.",
        "authhost_audit_up": "1 while the sink takes lines, else 0.",
        "authhost_audit_chain_number": "The number of the last line of the chain.",
        "authhost_audit_chain_value": "The first 48 bits of the value behind that line.",
        "authhost_ready": "1 while questions can be decided, as /ready says it, else 0.",
        "authhost_ready_part":
            "1 for each part that readiness looks at and that is good, else 0: module, audit, rules, running.",
        "authhost_sessions": "Open sessions.",
        "authhost_sessions_ended_total": "Sessions that have ended, by how.",
        "authhost_penalty_logins_total":
            "Log-ins counted as wrong, that waited, that were refused, or that repeated what was just wrong, by who is counted.",
        "authhost_penalty_subjects": "Users, usual sources and networks with wrong passwords that count.",
        "authhost_penalty_refusing": "Users, usual sources and networks whose log-ins are refused.",
        "authhost_penalty_waiting_logins": "Log-ins that wait before the module is asked.",
        "authhost_module_incidents_total": "What modules did against their contract, by kind.",
        "authhost_module_helper_ends_total": "Ends of helper processes that were not asked for, by what follows.",
        "authhost_module_swaps_total": "Swaps of the module, by outcome.",
        "authhost_spans_total": "Spans for the collector: sent, failed, or dropped where there was no room.",
        "authhost_event_log_lost_lines_total": "Lines that could not be written to the event log.",
        "authhost_door_connections": "Connections that a door has.",
        "authhost_door_rejected_connections_total": "Connections that a door has not taken.",
        "authhost_door_faults_total": "Violations of a door's protocol, by kind.",
        "authhost_http_responses_total": "Responses of the HTTP door, by endpoint and status.",
        "authhost_credential_asks_total": "Questions for credentials, by how they were served.",
        "authhost_credential_fetches_total": "Credentials that authenticators were asked for, by outcome.",
        "authhost_credential_completions_total": "What remote servers said to credentials.",
        "authhost_credential_fetch_seconds": "How long the last fetch of credentials took.",
        "authhost_credential_fetched_timestamp_seconds": "When the kept credentials were fetched; 0 for none.",
        "authhost_credential_refresh_timestamp_seconds": "When they are replaced; 0 for none.",
        "authhost_credential_expiry_timestamp_seconds": "When they end; 0 for none.",
        "authhost_cluster_scripts_total": "Scripts that the cluster's registry has answered.",
        "authhost_cluster_connections_lost_total": "Connections to the registry that were lost.",
        "authhost_cluster_ejections_total": "Ejections at other hosts, by whether they were confirmed in time.",
        "authhost_cluster_unreachable_logins_total": "Log-ins that were answered without the registry.",
        "authhost_cluster_round_trip_seconds": "How long the registry's last script took, its way included.",
        "authhost_cluster_lease_seconds": "What is left of this host's lease.",
        "authhost_cluster_sessions": "Sessions of the whole cluster.",
        "authhost_cluster_hosts": "Hosts of the cluster that are there.",
        "authhost_metrics_dropped_series_total": "Combinations of label values that were too many to keep.",
    ]
}
