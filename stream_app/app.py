"""The worker's Faust app: wires settings, table, assignment and agents; holds no logic."""

import faust

from stream_app import transport
from stream_app.agents import add_agents
from stream_app.assignment import Assignment
from stream_app.settings import Settings
from stream_app.state_table import StateTable
from stream_app.watchdog import Watchdog

_HEARTBEATS_A_SESSION = 5
_COMMIT_INTERVAL_S = 0.5


def create_app(settings: Settings, partitions: int) -> faust.App:
    """The app for topics of this many partitions; the topics must exist (topics.ensure_topics)."""
    app = faust.App(
        settings.app_id,
        broker=[f"{transport.SCHEME}://{broker.strip()}" for broker in settings.kafka_brokers.split(",")],
        store="rocksdb://",
        datadir=str(settings.data_dir),
        Table=StateTable,
        topic_partitions=partitions,
        topic_replication_factor=settings.replication_factor,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        # at_least_once with idempotent state: Faust's own exactly_once never writes a table's persisted offsets.
        processing_guarantee="at_least_once",
        table_standby_replicas=0,
        stream_wait_empty=False,
        recovery_consistency_check=True,
        broker_commit_interval=_COMMIT_INTERVAL_S,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.session_timeout_s / _HEARTBEATS_A_SESSION,
        # A killed worker that comes back under its name takes its place at once, without waiting for its old session.
        consumer_group_instance_id=settings.worker_name,
        web_enabled=False,
    )
    table = StateTable.declare(app, settings, partitions)
    assignment = Assignment(app, table, settings, partitions)
    add_agents(app, assignment, settings, partitions)
    watchdog = Watchdog(assignment.readings, settings)
    app.on_partitions_assigned.connect(watchdog.begin, weak=False)
    app.on_before_shutdown.connect(watchdog.stop, weak=False)
    return app
