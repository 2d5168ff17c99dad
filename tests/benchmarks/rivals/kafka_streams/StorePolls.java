import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Kafka Streams with one thread and a RocksDB store with its changelog: an aggregate that puts each poll's 6 bytes
 * behind those that its store has. Arguments: BROKERS TOPIC APP_ID STATE_DIR POLLS COMMIT_INTERVAL_MS.
 *
 * After POLLS polls it closes, which commits at once rather than at the end of the interval, and stays until it is
 * ended.
 */
public final class StorePolls {
    private static final int ENTRY_BYTES = 6;
    private static final long CACHE_BYTES = 64L << 20;
    private static final JsonFactory JSON = new JsonFactory();
    private static final CountDownLatch DONE = new CountDownLatch(1);

    private static long expected;
    private static long count;

    public static void main(String[] args) throws InterruptedException {
        expected = Long.parseLong(args[4]);
        KafkaStreams streams = new KafkaStreams(topology(args[1]), settings(args));
        streams.start();
        DONE.await();
        streams.close();
        new CountDownLatch(1).await();
    }

    private static Properties settings(String[] args) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[2]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[5]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "1");
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, Long.toString(CACHE_BYTES));
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return settings;
    }

    private static Topology topology(String topic) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(topic, Consumed.with(Serdes.Bytes(), Serdes.ByteArray()))
            .groupByKey(Grouped.with(Serdes.Bytes(), Serdes.ByteArray()))
            .aggregate(
                () -> new byte[0],
                (store, poll, entries) -> appended(entries, poll),
                Materialized.<Bytes, byte[], KeyValueStore<Bytes, byte[]>>as("stores")
                    .withKeySerde(Serdes.Bytes())
                    .withValueSerde(Serdes.ByteArray()));
        return builder.build();
    }

    private static byte[] appended(byte[] entries, byte[] poll) {
        if (count++ == 0) {
            System.out.printf(Locale.ROOT, "first_record_at %.6f%n", System.currentTimeMillis() / 1000.0);
        }
        byte[] result = Arrays.copyOf(entries, entries.length + ENTRY_BYTES);
        long entry = entryOf(poll);
        for (int at = entries.length; at < result.length; at++, entry >>>= 8) {
            result[at] = (byte) entry;
        }
        if (count == expected) {
            DONE.countDown();
        }
        return result;
    }

    private static long entryOf(byte[] poll) {
        long second = 0;
        long inactive = 0;
        try (JsonParser parser = JSON.createParser(poll)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() != JsonToken.FIELD_NAME) {
                    continue;
                }
                String name = parser.currentName();
                String value = parser.nextTextValue();
                if (name.equals("timestamp_utc")) {
                    second = Instant.parse(value).getEpochSecond();
                } else if (name.equals("status")) {
                    inactive = value.equals("inactive") ? 1 : 0;
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return second << 1 | inactive;
    }
}
