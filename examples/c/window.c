/* window.c
 *
 * A window for GTK 4: who is on the bus, a chat on one topic, and a slider that follows another. Start it
 * twice, or in two languages. The argument is the name under which others see you.
 *
 * SPDX-FileCopyrightText: 2026 The libminibus authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gtk/gtk.h>
#include <minibus.h>
#include <unistd.h>

typedef struct
{
  MbClient      *client;
  MbPublisher   *chat;
  MbPublisher   *level;
  GtkStringList *peers;
  GHashTable    *rounds;  /* name of a peer to the number of the question that it has answered last */
  guint          round;
  GtkStringList *lines;
  GtkEditable   *entry;
  GtkRange      *slider;
  gulong         moved_id;
} Demo;

static void
chat_message_cb (MbSubscriber *subscriber,
                 MbMessage    *message,
                 Demo         *demo)
{
  g_autofree char *line = g_strdup_printf ("%s: %s", mb_message_get_author (message),
                                           json_node_get_string (mb_message_get_data (message)));

  gtk_string_list_append (demo->lines, line);
}

static void
send_cb (Demo *demo)
{
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(GError) error = NULL;

  if (gtk_editable_get_text (demo->entry)[0] == '\0')
    return;

  node = json_node_init_string (json_node_alloc (), gtk_editable_get_text (demo->entry));
  if (!mb_publisher_publish (demo->chat, node, &error))
    gtk_string_list_append (demo->lines, error->message);
  gtk_editable_set_text (demo->entry, "");
}

/* What this window says comes back to it, late: heeding it would pull the slider from under the hand. */
static void
level_message_cb (MbSubscriber *subscriber,
                  MbMessage    *message,
                  Demo         *demo)
{
  if (g_strcmp0 (mb_message_get_author (message), mb_client_get_name (demo->client)) == 0)
    return;

  g_signal_handler_block (demo->slider, demo->moved_id);
  gtk_range_set_value (demo->slider, json_node_get_double (mb_message_get_data (message)));
  g_signal_handler_unblock (demo->slider, demo->moved_id);
}

static void
moved_cb (Demo *demo)
{
  g_autoptr(JsonNode) node = json_node_init_double (json_node_alloc (), gtk_range_get_value (demo->slider));

  mb_publisher_publish (demo->level, node, NULL);
}

/* Each client answers this question with its name. Who has not answered the last three has gone. */
static gboolean
ask_cb (gpointer data)
{
  Demo *demo = data;

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (demo->peers)); i > 0; i--)
    {
      const char *name = gtk_string_list_get_string (demo->peers, i - 1);

      if (GPOINTER_TO_UINT (g_hash_table_lookup (demo->rounds, name)) + 3 <= demo->round)
        {
          g_hash_table_remove (demo->rounds, name);
          gtk_string_list_remove (demo->peers, i - 1);
        }
    }
  demo->round++;
  mb_client_call_text_async (demo->client, "/__minibus__/__listclients__", "null", 1000, NULL, NULL, NULL);

  return G_SOURCE_CONTINUE;
}

static void
peer_message_cb (MbSubscriber *subscriber,
                 MbMessage    *message,
                 Demo         *demo)
{
  const char *name = json_node_get_string (mb_message_get_data (message));

  if (g_hash_table_insert (demo->rounds, g_strdup (name), GUINT_TO_POINTER (demo->round)))
    gtk_string_list_append (demo->peers, name);
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_margin_start (label, 6);
  gtk_widget_set_margin_end (label, 6);
  gtk_list_item_set_child (item, label);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item)
{
  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)),
                       gtk_string_object_get_string (gtk_list_item_get_item (item)));
}

static GtkWidget *
create_list (GtkStringList *strings,
             const char    *name)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkSelectionModel *model = GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (g_object_ref (strings))));
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *view = NULL;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  view = gtk_list_view_new (model, factory);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), view);
  gtk_scrolled_window_set_has_frame (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_widget_set_vexpand (scrolled, TRUE);

  return scrolled;
}

static GtkWidget *
create_heading (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");

  return label;
}

static GtkWidget *
create_column (const char *heading,
               GtkWidget  *child)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  gtk_box_append (GTK_BOX (box), create_heading (heading));
  gtk_box_append (GTK_BOX (box), child);

  return box;
}

static void
activate_cb (GtkApplication *application,
             Demo           *demo)
{
  GtkWidget *window = gtk_application_window_new (application);
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *peers = create_column ("On the bus", create_list (demo->peers, "On the bus"));
  GtkWidget *chat = create_column ("Chat", create_list (demo->lines, "Chat"));
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *entry = gtk_entry_new ();
  GtkWidget *button = gtk_button_new_with_label ("Send");
  GtkWidget *slider = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, 0, 100, 1);

  demo->entry = GTK_EDITABLE (entry);
  demo->slider = GTK_RANGE (slider);

  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, "Message", -1);
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), "Say something to all");
  gtk_widget_set_hexpand (entry, TRUE);
  gtk_box_append (GTK_BOX (row), entry);
  gtk_box_append (GTK_BOX (row), button);
  gtk_box_append (GTK_BOX (chat), row);
  gtk_widget_set_hexpand (chat, TRUE);

  gtk_accessible_update_property (GTK_ACCESSIBLE (slider), GTK_ACCESSIBLE_PROPERTY_LABEL, "Level", -1);
  gtk_scale_set_draw_value (GTK_SCALE (slider), TRUE);
  gtk_scale_set_value_pos (GTK_SCALE (slider), GTK_POS_RIGHT);

  gtk_widget_set_size_request (peers, 180, -1);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 12);
  gtk_widget_set_margin_top (grid, 12);
  gtk_widget_set_margin_bottom (grid, 12);
  gtk_widget_set_margin_start (grid, 12);
  gtk_widget_set_margin_end (grid, 12);
  gtk_grid_attach (GTK_GRID (grid), peers, 0, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), chat, 1, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), create_column ("Level", slider), 0, 1, 2, 1);

  g_signal_connect_swapped (entry, "activate", G_CALLBACK (send_cb), demo);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (send_cb), demo);
  demo->moved_id = g_signal_connect_swapped (slider, "value-changed", G_CALLBACK (moved_cb), demo);

  gtk_window_set_title (GTK_WINDOW (window), mb_client_get_name (demo->client));
  gtk_window_set_titlebar (GTK_WINDOW (window), gtk_header_bar_new ());
  gtk_window_set_default_size (GTK_WINDOW (window), 560, 420);
  gtk_window_set_child (GTK_WINDOW (window), grid);
  gtk_window_present (GTK_WINDOW (window));

  ask_cb (demo);
}

static gboolean
join (Demo    *demo,
      GError **error)
{
  g_autoptr(MbSchema) text = mb_schema_new_from_text ("{\"type\": \"string\"}", NULL);
  g_autoptr(MbSchema) number = mb_schema_new_from_text ("{\"type\": \"number\"}", NULL);
  g_autoptr(MbSubscriber) chat = NULL;
  g_autoptr(MbSubscriber) level = NULL;
  g_autoptr(MbSubscriber) peers = NULL;

  if (!mb_client_open_sync (demo->client, NULL, error) ||
      (demo->chat = mb_client_create_publisher (demo->client, "/demo/chat", text, error)) == NULL ||
      (demo->level = mb_client_create_publisher (demo->client, "/demo/level", number, error)) == NULL ||
      (chat = mb_client_subscribe (demo->client, "/demo/chat", text, error)) == NULL ||
      (level = mb_client_subscribe (demo->client, "/demo/level", number, error)) == NULL ||
      (peers = mb_client_subscribe (demo->client, "/__minibus__/__listclients__/__reply__", text, error)) == NULL)
    return FALSE;

  /* Only the newest position of a slider matters. */
  mb_subscriber_set_inbox_size (level, 1);
  mb_subscriber_set_overflow (level, MB_OVERFLOW_DROP_OLDEST);

  g_signal_connect (chat, "message", G_CALLBACK (chat_message_cb), demo);
  g_signal_connect (level, "message", G_CALLBACK (level_message_cb), demo);
  g_signal_connect (peers, "message", G_CALLBACK (peer_message_cb), demo);

  return TRUE;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GtkApplication) application = gtk_application_new ("org.libminibus.Demo", G_APPLICATION_NON_UNIQUE);
  g_autofree char *name = argc > 1 ? g_strdup (argv[1]) : g_strdup_printf ("%s-%d", g_get_user_name (), getpid ());
  g_autoptr(MbClient) client = mb_client_new (name);
  g_autoptr(GtkStringList) peers = gtk_string_list_new (NULL);
  g_autoptr(GtkStringList) lines = gtk_string_list_new (NULL);
  g_autoptr(GHashTable) rounds = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GError) error = NULL;
  Demo demo = { .client = client, .peers = peers, .lines = lines, .rounds = rounds };
  guint timer = 0;
  int status = 0;

  if (!join (&demo, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &demo);
  timer = g_timeout_add_seconds (1, ask_cb, &demo);
  status = g_application_run (G_APPLICATION (application), 1, argv);
  g_source_remove (timer);

  mb_client_close (client);
  g_clear_object (&demo.chat);
  g_clear_object (&demo.level);

  return status;
}
