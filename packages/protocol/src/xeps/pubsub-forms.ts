/** The forms of Publish-Subscribe (XEP-0060 1.30.0, section 16.4) and the names of their registered fields. A service may have more. */

/** FORM_TYPE of the configuration of a node. [XEP-0060 16.4.4] */
export const PUBSUB_NODE_CONFIG = 'http://jabber.org/protocol/pubsub#node_config'
/** FORM_TYPE of the preconditions of a publication; its fields are those of the configuration. [XEP-0060 7.1.5] */
export const PUBSUB_PUBLISH_OPTIONS = 'http://jabber.org/protocol/pubsub#publish-options'
export type PubsubNodeConfigField =
  | 'pubsub#access_model'
  | 'pubsub#body_xslt'
  | 'pubsub#contact'
  | 'pubsub#dataform_xslt'
  | 'pubsub#deliver_notifications'
  | 'pubsub#deliver_payloads'
  | 'pubsub#description'
  | 'pubsub#item_expire'
  | 'pubsub#itemreply'
  | 'pubsub#language'
  | 'pubsub#max_items'
  | 'pubsub#max_payload_size'
  | 'pubsub#node_type'
  | 'pubsub#notification_type'
  | 'pubsub#notify_config'
  | 'pubsub#notify_delete'
  | 'pubsub#notify_retract'
  | 'pubsub#notify_sub'
  | 'pubsub#persist_items'
  | 'pubsub#presence_based_delivery'
  | 'pubsub#publish_model'
  | 'pubsub#publish_node_full'
  | 'pubsub#purge_offline'
  | 'pubsub#roster_groups_allowed'
  | 'pubsub#send_last_published_item'
  | 'pubsub#subscribe'
  | 'pubsub#tempsub'
  | 'pubsub#title'
  | 'pubsub#type'

/** FORM_TYPE of what a node tells about itself in service discovery. [XEP-0060 5.4] */
export const PUBSUB_META_DATA = 'http://jabber.org/protocol/pubsub#meta-data'
export type PubsubMetaDataField =
  | 'pubsub#access_model'
  | 'pubsub#contact'
  | 'pubsub#creation_date'
  | 'pubsub#creator'
  | 'pubsub#description'
  | 'pubsub#language'
  | 'pubsub#max_items'
  | 'pubsub#num_subscribers'
  | 'pubsub#owner'
  | 'pubsub#publish_model'
  | 'pubsub#publisher'
  | 'pubsub#title'
  | 'pubsub#type'

/** FORM_TYPE of the options of a subscription. [XEP-0060 6.3] */
export const PUBSUB_SUBSCRIBE_OPTIONS = 'http://jabber.org/protocol/pubsub#subscribe_options'
export type PubsubSubscribeOption =
  | 'pubsub#deliver'
  | 'pubsub#digest'
  | 'pubsub#digest_frequency'
  | 'pubsub#expire'
  | 'pubsub#include_body'
  | 'pubsub#show-values'
  | 'pubsub#subscription_depth'
  | 'pubsub#subscription_type'

/** FORM_TYPE of the question to an owner whether somebody may subscribe, in a message. [XEP-0060 8.6] */
export const PUBSUB_SUBSCRIBE_AUTHORIZATION = 'http://jabber.org/protocol/pubsub#subscribe_authorization'
export type PubsubSubscribeAuthorizationField =
  | 'pubsub#allow'
  | 'pubsub#node'
  | 'pubsub#subid'
  | 'pubsub#subscriber_jid'
